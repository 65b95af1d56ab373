"""The audit log: who did what, when and from where. An entry is written in the transaction of what it describes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, delete, insert, select

from store.accounts.keys import Caller
from store.clock import now
from store.db.pages import Page, page
from store.db.transaction import Tx
from store.ids import KeyId, ProjectId, first_id, new_id
from store.tables import AuditEntry, table_of

RECORD = insert(table_of(AuditEntry))
DAY_MILLISECONDS = 86_400_000
MAX_SKEW_MILLISECONDS = DAY_MILLISECONDS  # between the clock that made an id and the database's clock

ActorKind = Literal["key", "anonymous", "command_line", "service"]
Outcome = Literal["succeeded", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something: an API key, anybody on this machine while no key exists, a command, or the scheduler."""

    kind: ActorKind
    key_id: KeyId | None = None
    name: str | None = None  # of the key, or of the user who runs the command


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is done, to what, and from where."""

    project: ProjectId | None
    operation: str
    resource_id: str | None = None
    status: int | None = None
    outcome: Outcome = "succeeded"
    request_id: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """What the entries have in common; times are milliseconds since 1970."""

    operation: str | None = None
    resource_id: str | None = None
    key_id: str | None = None
    actor: ActorKind | None = None
    outcome: Outcome | None = None
    created_after: int | None = None
    created_before: int | None = None


def record(tx: Tx, actor: Actor, action: Action, count: int = 1) -> None:
    """Write an entry; `count` says how many times the same was done."""
    entry = {
        "id": new_id("aud"),
        "project_id": action.project,
        "actor": actor.kind,
        "key_id": actor.key_id,
        "name": actor.name,
        "operation": action.operation,
        "resource_id": action.resource_id,
        "status": action.status,
        "outcome": action.outcome,
        "count": count,
        "request_id": action.request_id,
        "address": action.address,
    }
    tx.connection().execute(RECORD, entry)


def record_request(
    tx: Tx, caller: Caller, resource_id: str | None, status: int, project: ProjectId | None = None
) -> None:
    """Write an entry about the request of a caller, if it changes something, to the log of `project` or its own."""
    if (origin := caller.origin) is None:
        return
    action = Action(
        project=project or caller.project,
        operation=origin.operation,
        resource_id=resource_id,
        status=status,
        request_id=origin.request_id,
        address=origin.address,
    )
    record(tx, actor_of(caller), action)


def actor_of(caller: Caller) -> Actor:
    """Return the actor of a request."""
    return Actor(kind="key" if caller.key_id else "anonymous", key_id=caller.key_id, name=caller.key_name)


def page_of(
    tx: Tx, project: ProjectId | None, filters: AuditFilters, cursor: str | None, limit: int
) -> Page[AuditEntry]:
    """The entries of the project, or of every project, that match all filters, newest first."""
    query = select(AuditEntry).where(*_matching(filters))
    if project is not None:
        query = query.where(AuditEntry.project_id == project)
    return page(tx, query, AuditEntry.id, cursor, limit)


def delete_older(tx: Tx, days: int, limit: int) -> None:
    """Delete at most `limit` entries that are older than `days`."""
    old = select(AuditEntry.id).where(AuditEntry.at < now() - days * DAY_MILLISECONDS).order_by(AuditEntry.id)
    removed = delete(AuditEntry).where(AuditEntry.id.in_(old.limit(limit)))
    tx.execute(removed.execution_options(synchronize_session=False))


def _matching(filters: AuditFilters) -> Iterator[ColumnElement[bool]]:
    for column in (
        AuditEntry.operation,
        AuditEntry.resource_id,
        AuditEntry.key_id,
        AuditEntry.actor,
        AuditEntry.outcome,
    ):
        if (value := getattr(filters, column.key)) is not None:
            yield column == value
    if filters.created_after is not None:
        # Ids sort by time, so the walk over the index ends at the oldest id that can match.
        yield AuditEntry.id >= first_id("aud", filters.created_after - MAX_SKEW_MILLISECONDS)
        yield AuditEntry.at > filters.created_after
    if filters.created_before is not None:
        yield AuditEntry.id < first_id("aud", filters.created_before + MAX_SKEW_MILLISECONDS)
        yield AuditEntry.at < filters.created_before
