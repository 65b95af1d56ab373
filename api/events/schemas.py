"""Events as they are shown."""

import json
from typing import Any

from pydantic import Field

from api.http.schemas import View
from store.clock import rfc3339
from store.jobs.events import JobEvent


class EventView(View):
    """Something that happened to a job."""

    id: int = Field(description="Grows by one with each event of the job.", examples=[3])
    type: str = Field(examples=["job.running"])
    at: str
    data: dict[str, Any] = Field(examples=[{"state": "running", "attempt": 1}])

    @classmethod
    def of(cls, event: JobEvent) -> "EventView":
        """The view of a stored event."""
        return cls(id=event.number, type=event.type, at=rfc3339(event.at), data=event.data)

    def as_message(self) -> str:
        """As a message of a Server-Sent Events stream."""
        data = json.dumps({**self.data, "at": self.at}, separators=(",", ":"))
        return f"id: {self.id}\nevent: {self.type}\ndata: {data}\n\n"


class EventsView(View):
    """Events, oldest first; the next ones after `next_after`."""

    data: list[EventView]
    next_after: int | None
