"""Transactions of requests that change something without an idempotency key, such as deletions."""

from collections.abc import Iterator
from contextlib import contextmanager

from store.accounts import audit
from store.accounts.keys import Caller
from store.db.database import Sessions
from store.db.transaction import Tx, transaction
from store.ids import ProjectId


@contextmanager
def audited(
    sessions: Sessions, caller: Caller, resource_id: str, *, status: int = 204, project: ProjectId | None = None
) -> Iterator[Tx]:
    """Open a transaction whose change to a resource is recorded for the audit log when the block ends."""
    with transaction(sessions, "answer") as tx:
        yield tx
        audit.record_request(tx, caller, resource_id, status, project)
