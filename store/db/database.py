"""Open SQLite and PostgreSQL with settings under which neither loses a commit."""

import functools
import os
import random
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

Sessions = sessionmaker[Session]

TRANSACTION_TIMEOUT_SINCE = 170_000  # PostgreSQL 17
BUSY_MILLISECONDS = 10_000  # how long a writer waits for another process's write on SQLite
MAX_WAIT_SECONDS = 0.004  # between two attempts to take a lock that others hold for milliseconds
TIMEOUTS = "-c statement_timeout=60s -c lock_timeout=10s"
NO_TIMEOUTS = "-c statement_timeout=0 -c lock_timeout=0"
SAFE_WAL = ((3, 51, 3), (3, 50, 7), (3, 44, 6))  # releases that fix WAL corruption with several writers


def open_database(
    url: str, *, pool_size: int = 5, hold_seconds: float | None = None, has_timeouts: bool = True
) -> Engine:
    """An engine for `url`, ``sqlite:///file`` or ``postgresql://…``. Connections are opened when first needed.

    PostgreSQL aborts a transaction whose process sleeps for `hold_seconds` (default: a minute) and frees its locks.
    Migrations open it without timeouts: they may take long, and wait for whoever uses the tables.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return _sqlite(url, pool_size)
    if backend == "postgresql":
        return _postgresql(url, pool_size, hold_seconds, TIMEOUTS if has_timeouts else NO_TIMEOUTS)
    raise ValueError(
        f"Database {backend} is not supported. Use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
    )


def open_sessions(engine: Engine, info: Mapping[str, Any] | None = None) -> Sessions:
    """A factory of sessions on `engine`, for `transaction` and `snapshot`. Each has a copy of `info` as `tx.info`."""
    return sessionmaker(engine, expire_on_commit=False, info=dict(info or {}))


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite release is safe with write-ahead logging and several writing processes."""
    newest, *patched = SAFE_WAL
    return version >= newest or any(version[:2] == fix[:2] and version >= fix for fix in patched)


def is_transient(error: Exception) -> bool:
    """Whether the same work may succeed later: the database could not be reached, or it was busy or full."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (OperationalError, InterfaceError))


def is_statement_error(error: Exception) -> bool:
    """Whether the database was reached but refused a statement: it may refuse it forever, or was busy or full."""
    return isinstance(error, DBAPIError) and error.statement is not None and not error.connection_invalidated


def _create_private(_dialect: Any, _record: Any, arguments: list[Any], _options: Any) -> None:
    """Create a new file so that only its owner may read it. SQLite gives its other files the same mode."""
    path = Path(arguments[0])
    if path.is_absolute() and path.parent.is_dir():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _sqlite(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=35, connect_args={"timeout": BUSY_MILLISECONDS / 1000}
    )
    event.listen(engine, "do_connect", _create_private)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins transactions, not the driver
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        f"journal_mode={'WAL' if wal_is_safe() else 'DELETE'}",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: if there is another writer, a reader that begins to write fails at once."""
    if connection.get_execution_options().get("reads_only", False):
        connection.exec_driver_sql("BEGIN")
    elif not _took_write_lock(connection.connection.driver_connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises the error that SQLAlchemy expects


def _took_write_lock(connection: Any) -> bool:
    """Poll for the write lock. SQLite has no queue for it and polls more and more rarely, so a writer can starve."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    connection.execute("PRAGMA busy_timeout=0").close()
    try:
        while time.monotonic() < until:
            try:
                connection.execute("BEGIN IMMEDIATE").close()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the low byte is the primary code
                    return False
                time.sleep(random.uniform(0, MAX_WAIT_SECONDS))  # noqa: S311 - not cryptographic
            else:
                return True
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}").close()


def _postgresql(url: str, pool_size: int, hold_seconds: float | None, timeouts: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=35,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "prepare_threshold": None,  # prepared statements do not survive PgBouncer
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": f"{timeouts} -c idle_in_transaction_session_timeout={(hold_seconds or 60) * 1000:.0f}",
            "fallback_application_name": "backprop",  # an operator can set another by PGAPPNAME or in the URL
        },
    )
    if hold_seconds is not None:
        event.listen(engine, "connect", functools.partial(_limit_transactions, seconds=hold_seconds))
    return engine


def _limit_transactions(connection: psycopg.Connection, _record: Any, *, seconds: float) -> None:
    """Let PostgreSQL 17 abort long transactions: its idle time-out misses a process that sleeps during a statement."""
    if connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
        connection.execute(f"SET transaction_timeout = {seconds * 1000:.0f}")
        connection.commit()
