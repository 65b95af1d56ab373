"""Entries of the audit log as responses show them."""

from typing import Literal

from pydantic import Field

from api.http.schemas import View
from store.clock import rfc3339
from store.tables import AuditEntry

ActorType = Literal["key", "anonymous", "command_line", "service"]
Outcome = Literal["succeeded", "denied"]


class ActorView(View):
    """Who acted: an API key, somebody without a valid key, a command of the operator, or the service itself."""

    type: ActorType
    key_id: str | None = Field(examples=["key_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    name: str | None = Field(description="The name of the key, or of the user who ran the command.")


class AuditEntryView(View):
    """Who did what, when and from where."""

    id: str = Field(examples=["aud_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    at: str
    project_id: str | None = Field(description="The project that was changed. Null: unknown, as for an invalid key.")
    actor: ActorView
    operation: str = Field(examples=["create_job"])
    resource_id: str | None = Field(examples=["job_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    outcome: Outcome
    status: int | None = Field(description="The HTTP status of the answer.", examples=[201])
    count: int = Field(description="How many times the same was denied, or how many jobs were erased at once.")
    request_id: str | None = Field(description="The request, or the first of several that were denied.")
    address: str | None = Field(examples=["192.0.2.7"])

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditEntryView":
        """Return the view of a stored entry."""
        return cls.model_validate(
            {
                "id": entry.id,
                "at": rfc3339(entry.at),
                "project_id": entry.project_id,
                "actor": {"type": entry.actor, "key_id": entry.key_id, "name": entry.name},
                "operation": entry.operation,
                "resource_id": entry.resource_id,
                "outcome": entry.outcome,
                "status": entry.status,
                "count": entry.count,
                "request_id": entry.request_id,
                "address": entry.address,
            }
        )
