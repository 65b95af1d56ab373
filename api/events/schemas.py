"""Events as responses show them."""

import json
from typing import Any

from pydantic import Field

from api.http.schemas import View
from store.clock import rfc3339
from store.jobs.events import JobEvent


class EventView(View):
    """An event of a job."""

    id: int = Field(description="Number of the event, counted from 1 for each job.", examples=[3])
    type: str = Field(examples=["job.running"])
    at: str
    data: dict[str, Any] = Field(examples=[{"state": "running", "attempt": 1}])

    @classmethod
    def of(cls, event: JobEvent) -> "EventView":
        """Return the view of a stored event."""
        return cls(id=event.number, type=event.type, at=rfc3339(event.at), data=event.data)

    def as_message(self) -> str:
        """Return the event as a message of a stream of server-sent events: id, event and data, in this order."""
        data = json.dumps({**self.data, "at": self.at}, separators=(",", ":"))
        return f"id: {self.id}\nevent: {self.type}\ndata: {data}\n\n"


class EventsView(View):
    """Events, oldest first. If there are more, `next_after` is the number to go on from."""

    data: list[EventView]
    next_after: int | None
