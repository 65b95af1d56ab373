"""Deletions of many jobs as requests and responses show them."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from api.http.requests.list_filters import PREFIX, Timestamp, milliseconds
from api.http.schemas import RequestBody, View
from service.fields import Metadata
from store.clock import rfc3339
from store.tables import Deletion

EndState = Literal["succeeded", "failed", "canceled"]


class JobDeletionBody(RequestBody):
    """Which of the jobs that have ended to delete: those that match all filters."""

    state: EndState | None = Field(default=None, description="Only jobs in this state.")
    created_after: Timestamp | None = Field(default=None, description="Only jobs created after this time.")
    created_before: Timestamp | None = Field(default=None, description="Only jobs created before this time.")
    metadata: Metadata = Field(
        default={}, description="Only jobs with all of this metadata. `metadata.team` as in the list works, too."
    )
    all: bool = Field(default=False, description="Must be true to delete all ended jobs, without any filter.")

    @model_validator(mode="before")
    @classmethod
    def _nest_metadata(cls, value: Any) -> Any:
        """Accept metadata filters under the names that they have in the list."""
        if not isinstance(value, dict) or not any(name.startswith(PREFIX) for name in value):
            return value
        flat = {name.removeprefix(PREFIX): each for name, each in value.items() if name.startswith(PREFIX)}
        rest = {name: each for name, each in value.items() if not name.startswith(PREFIX)}
        nested = rest.get("metadata", {})
        return {**rest, "metadata": {**nested, **flat} if isinstance(nested, dict) else nested}

    @model_validator(mode="after")
    def _require_a_filter(self) -> Self:
        if not (self.all or self.state or self.created_after or self.created_before or self.metadata):
            raise ValueError('Name at least one filter, or send {"all": true} to delete all jobs that have ended.')
        return self

    def filters(self) -> dict[str, Any]:
        """Return the filters as they are stored."""
        found = {
            "state": self.state,
            "created_after": milliseconds(self.created_after),
            "created_before": milliseconds(self.created_before),
            "metadata": dict(self.metadata) or None,
        }
        return {name: value for name, value in found.items() if value is not None}


class DeletionFiltersView(View):
    """The filters of a deletion."""

    state: EndState | None
    created_after: str | None
    created_before: str | None
    metadata: dict[str, str]


class DeletionView(View):
    """A deletion of many jobs, and how far it is."""

    id: str = Field(examples=["del_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    state: Literal["queued", "running", "succeeded"]
    filters: DeletionFiltersView
    deleted: int = Field(description="How many jobs are erased by now.")
    kept: int = Field(description="How many jobs stay because an unfinished job starts from their models.")
    created_at: str
    started_at: str | None
    finished_at: str | None

    @classmethod
    def of(cls, deletion: Deletion) -> "DeletionView":
        """Return the view of a stored deletion."""
        filters = deletion.filters
        return cls.model_validate(
            {
                "id": deletion.id,
                "state": deletion.state,
                "filters": {
                    "state": filters.get("state"),
                    "created_after": _time(filters.get("created_after")),
                    "created_before": _time(filters.get("created_before")),
                    "metadata": filters.get("metadata", {}),
                },
                "deleted": deletion.deleted,
                "kept": deletion.kept,
                "created_at": rfc3339(deletion.created_at),
                "started_at": _time(deletion.started_at),
                "finished_at": _time(deletion.finished_at),
            }
        )


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
