"""Stored answers by Idempotency-Key, kept for a day, written in the transaction of the change they answer."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.clock import now
from store.db.transaction import Tx
from store.errors import IdempotencyInProgress, IdempotencyMismatch
from store.ids import ProjectId
from store.tables import IdempotencyKey

KEEP_MILLISECONDS = 86_400_000  # a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response as it was first sent.

    `shown_once` are fields of the body that are sent, but never stored. `project` is the one that the request changed.
    """

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    shown_once: dict[str, Any] = field(default_factory=dict)
    project: ProjectId | None = None


def begin(tx: Tx, project: ProjectId, key: str, request: str) -> Answer | None:
    """Reserve `key` for a request with the hash `request`; returns the stored answer if the key was used before.

    If several transactions use the same key, the first continues and the others wait here until it ends.

    Raises:
        IdempotencyMismatch: the key was used for another request.
        IdempotencyInProgress: the first request is still in progress.
    """
    insert = postgresql.insert if _dialect(tx) == "postgresql" else sqlite.insert
    reserved = insert(IdempotencyKey).values(project_id=project, key=key, request=request)
    if tx.execute(reserved.on_conflict_do_nothing().returning(IdempotencyKey.key)).first():
        return None
    return _answer_of(tx.get_one(IdempotencyKey, (project, key)), request)


def find(tx: Tx, project: ProjectId, key: str, request: str) -> Answer | None:
    """Return the stored answer if `key` was used before. Reserves nothing, waits for nobody; raises as `begin`."""
    first = tx.get(IdempotencyKey, (project, key))
    return None if first is None else _answer_of(first, request)


def store_answer(tx: Tx, project: ProjectId, key: str, answer: Answer) -> None:
    """Store the answer to the request that reserved `key`."""
    tx.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.project_id == project, IdempotencyKey.key == key)
        .values(status=answer.status, headers=answer.headers, answer=answer.body)
    )


def delete_expired(tx: Tx, limit: int) -> None:
    """Delete at most `limit` answers that are older than a day."""
    key = tuple_(IdempotencyKey.project_id, IdempotencyKey.key)
    expired = select(IdempotencyKey.project_id, IdempotencyKey.key).where(
        IdempotencyKey.created_at < now() - KEEP_MILLISECONDS
    )
    tx.execute(delete(IdempotencyKey).where(key.in_(expired.limit(limit))).execution_options(synchronize_session=False))


def _answer_of(first: IdempotencyKey, request: str) -> Answer:
    if first.request != request:
        raise IdempotencyMismatch("This Idempotency-Key was already used for a different request. Use a new key.")
    if first.status is None or first.answer is None:
        raise IdempotencyInProgress(
            "The first request with this Idempotency-Key is still in progress. Try again later."
        )
    return Answer(status=first.status, headers=first.headers or {}, body=first.answer)


def _dialect(tx: Session) -> str:
    return tx.get_bind().dialect.name
