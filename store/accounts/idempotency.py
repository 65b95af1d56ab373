"""Answers kept for a day under the caller's Idempotency-Key, in the transaction of what they made."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.db.clock import now
from store.db.transaction import Tx
from store.errors import IdempotencyInProgress, IdempotencyMismatch
from store.ids import ProjectId
from store.tables import IdempotencyKey

KEEP_MILLISECONDS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response as it was first given."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


def begin(tx: Tx, project: ProjectId, key: str, request: str) -> Answer | None:
    """Take `key` for a request of the hash `request`; the stored answer when it was taken before.

    Of several transactions that come with one key the first goes on, the others wait here for its end.
    """
    insert = postgresql.insert if _dialect(tx) == "postgresql" else sqlite.insert
    taken = insert(IdempotencyKey).values(project_id=project, key=key, request=request)
    if tx.execute(taken.on_conflict_do_nothing().returning(IdempotencyKey.key)).first():
        return None
    first = tx.get_one(IdempotencyKey, (project, key))
    if first.request != request:
        raise IdempotencyMismatch("this Idempotency-Key was sent with another request before: take a new one")
    if first.status is None or first.answer is None:
        raise IdempotencyInProgress("the first request with this Idempotency-Key is still being answered")
    return Answer(status=first.status, headers=first.headers or {}, body=first.answer)


def keep(tx: Tx, project: ProjectId, key: str, answer: Answer) -> None:
    """Store the answer to the request that took `key`."""
    tx.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.project_id == project, IdempotencyKey.key == key)
        .values(status=answer.status, headers=answer.headers, answer=answer.body)
    )


def forget_old(tx: Tx, limit: int) -> None:
    """Delete at most `limit` answers that are more than a day old."""
    key = tuple_(IdempotencyKey.project_id, IdempotencyKey.key)
    old = select(IdempotencyKey.project_id, IdempotencyKey.key).where(
        IdempotencyKey.created_at < now() - KEEP_MILLISECONDS
    )
    tx.execute(delete(IdempotencyKey).where(key.in_(old.limit(limit))).execution_options(synchronize_session=False))


def _dialect(tx: Session) -> str:
    return tx.get_bind().dialect.name
