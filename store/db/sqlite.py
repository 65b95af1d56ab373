"""Open SQLite so that no commit is lost and readers do not wait for writers."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_MILLISECONDS = 10_000  # how long a writer waits for another process's write
MAX_WAIT_SECONDS = 0.004  # between two attempts to take a lock that others hold for milliseconds
SAFE_WAL = ((3, 51, 3), (3, 50, 7), (3, 44, 6))  # releases that fix WAL corruption with several writers
MAX_WAL_BYTES = 64 << 20  # a larger log, of one large upload, is cut to this size at its next checkpoint

_write_turns: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()


def sqlite_driver() -> ModuleType:
    """Return the DBAPI module: `pysqlite3`, whose SQLite is current, or that of Python where there is no wheel."""
    return import_module("pysqlite3.dbapi2") if util.find_spec("pysqlite3") else sqlite3


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite release is safe with write-ahead logging and several writing processes."""
    newest, *patched = SAFE_WAL
    return version >= newest or any(version[:2] == fix[:2] and version >= fix for fix in patched)


def open_sqlite(url: str, pool_size: int, driver: ModuleType | None = None) -> Engine:
    """An engine for the file at `url`, which is created if it does not exist, for its owner only.

    The file is switched to write-ahead logging, or back if the SQLite of `driver` is not safe with it.
    """
    engine = create_engine(
        url,
        module=driver or sqlite_driver(),
        pool_size=pool_size,
        max_overflow=35,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000},
    )
    _write_turns[engine] = threading.Lock()
    event.listen(engine, "do_connect", _create_private)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def write_turn(engine: Engine | Any) -> Iterator[None]:
    """Let the threads of this process write one after another: they wait here, instead of polling for SQLite's lock.

    A thread that waits too long continues, and polls like the writers of other processes. PostgreSQL needs no turns.
    """
    turn = _write_turns.get(engine)
    has_turn = turn is not None and turn.acquire(timeout=BUSY_MILLISECONDS / 1000)
    try:
        yield
    finally:
        if turn is not None and has_turn:
            turn.release()


def _forget_turns() -> None:
    """Make new locks in a forked process: threads that do not exist there may hold the old ones."""
    for engine in _write_turns:
        _write_turns[engine] = threading.Lock()


os.register_at_fork(after_in_child=_forget_turns)


def shrink_log(engine: Engine, larger_than: int) -> None:
    """Empty the write-ahead log if it has more bytes. Waits for the transactions that use it, and lets none begin."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    log = Path(f"{engine.url.database}-wal")
    if log.exists() and log.stat().st_size > larger_than:
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")  # outside of a transaction


def _create_private(_dialect: Any, _record: Any, arguments: list[Any], _options: Any) -> None:
    """Create a new file so that only its owner may read it. SQLite gives its other files the same mode."""
    path = Path(arguments[0])
    if path.is_absolute() and path.parent.is_dir():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_begin` begins transactions, not the driver
    (text,) = connection.execute("SELECT sqlite_version()").fetchone()
    is_safe = wal_is_safe(tuple(int(number) for number in text.split(".")))
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        f"journal_mode={'WAL' if is_safe else 'DELETE'}",
        f"journal_size_limit={MAX_WAL_BYTES}",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """Take the write lock at the start: if there is another writer, a reader that begins to write fails at once."""
    if connection.get_execution_options().get("reads_only", False):
        connection.exec_driver_sql("BEGIN")
    elif not _took_write_lock(connection.connection.driver_connection, connection.dialect.loaded_dbapi):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises the error that SQLAlchemy expects


def _took_write_lock(connection: Any, driver: Any) -> bool:
    """Poll for the write lock. SQLite has no queue for it and polls more and more rarely, so a writer can starve."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    connection.execute("PRAGMA busy_timeout=0").close()
    try:
        while time.monotonic() < until:
            try:
                connection.execute("BEGIN IMMEDIATE").close()
            except driver.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the low byte is the primary code
                    return False
                time.sleep(random.uniform(0, MAX_WAIT_SECONDS))  # noqa: S311 - not cryptographic
            else:
                return True
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}").close()
