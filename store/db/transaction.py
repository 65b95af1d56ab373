"""Transactions: one for each request or task, opened at the edge. Nothing inside commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.db import failpoints
from store.db.database import Sessions
from store.db.sqlite import write_turn

AFTER_COMMIT = "after_commit"  # the key of the hooks in a transaction's `info`

Tx = Session
Lock = Literal["shared", "exclusive"]  # of a row: "shared" to refer to it, "exclusive" to delete it


@contextmanager
def transaction(sessions: Sessions, name: str = "unnamed") -> Iterator[Tx]:
    """A writing transaction: committed at the end of the block, rolled back if the block raises.

    Tests use its name to make it fail before or after the commit.
    """
    with write_turn(sessions.kw["bind"]), sessions() as session, session.begin():
        yield session
        failpoints.hit(f"{name}.before_commit")
    failpoints.hit(f"{name}.after_commit")
    for hook in session.info.get(AFTER_COMMIT, ()):
        hook()


def after_commit(tx: Tx, hook: Callable[[], None]) -> None:
    """Call `hook` once `transaction` has committed `tx`; never after a rollback. A hook must not raise or block."""
    tx.info.setdefault(AFTER_COMMIT, []).append(hook)


def call_observer(tx: Tx, name: str, *arguments: Any) -> None:
    """After the commit of `tx`, call the function that the process keeps in `Sessions.info` under this name, if any."""
    observer = tx.info.get(name)
    if observer is not None:
        after_commit(tx, partial(observer, *arguments))


@contextmanager
def snapshot(sessions: Sessions, *, statement_seconds: float | None = None) -> Iterator[Tx]:
    """A reading transaction: takes no write lock and commits nothing.

    Each statement on PostgreSQL sees what is committed when it starts, so a transaction would only add round trips.
    It is only needed for another limit of a statement's time, locks included: `statement_seconds`.
    """
    with sessions() as session, session.begin():
        if session.get_bind().dialect.name == "sqlite":
            session.connection(execution_options={"reads_only": True})
        elif statement_seconds is None:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        else:
            session.execute(text(f"SET LOCAL statement_timeout = {statement_seconds * 1000:.0f}"))
        yield session
