"""Open SQLite and PostgreSQL with settings under which neither loses a commit."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from store.db.sqlite import open_sqlite

Sessions = sessionmaker[Session]


def open_database(
    url: str, *, pool_size: int = 5, hold_seconds: float | None = None, has_timeouts: bool = True
) -> Engine:
    """An engine for `url`, ``sqlite:///file`` or ``postgresql://…``. Connections are opened when first needed.

    PostgreSQL aborts a transaction whose process sleeps for `hold_seconds` (default: a minute) and frees its locks. One
    that sleeps or works during a statement may take longer, see `store.db.postgresql`.
    Migrations open it without timeouts: they may take long, and wait for whoever uses the tables.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return open_sqlite(url, pool_size)
    if backend == "postgresql":
        from store.db.postgresql import open_postgresql  # noqa: PLC0415 - its driver takes 0.1 s to import

        return open_postgresql(url, pool_size, hold_seconds, has_timeouts=has_timeouts)
    raise ValueError(
        f"Database {backend} is not supported. Use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
    )


def open_sessions(engine: Engine, info: Mapping[str, Any] | None = None) -> Sessions:
    """A factory of sessions on `engine`, for `transaction` and `snapshot`. Each has a copy of `info` as `tx.info`."""
    return sessionmaker(engine, expire_on_commit=False, info=dict(info or {}))


def journal_mode(engine: Engine) -> str | None:
    """The journal mode of an SQLite file, "wal" or "delete"; None for PostgreSQL, which has one way only."""
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect().execution_options(reads_only=True) as connection:
        return str(connection.scalar(text("PRAGMA journal_mode")))


def is_transient(error: Exception) -> bool:
    """Whether the same work may succeed later: the database could not be reached, or it was busy or full."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (OperationalError, InterfaceError, PoolTimeoutError))


def is_statement_error(error: Exception) -> bool:
    """Whether the database was reached but refused a statement: it may refuse it forever, or was busy or full."""
    return isinstance(error, DBAPIError) and error.statement is not None and not error.connection_invalidated
