"""Open PostgreSQL with timeouts, and with few round trips."""

import functools
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

TRANSACTION_TIMEOUT_SINCE = 170_000  # PostgreSQL 17
TIMEOUTS = "-c statement_timeout=60s -c lock_timeout=10s"
NO_TIMEOUTS = "-c statement_timeout=0 -c lock_timeout=0"
MIN_TRANSACTION_SECONDS = 30.0  # a few MiB of a blob can take longer than a short lease, while heartbeats renew it
PING_SECONDS = 5.0  # connections that were idle for longer are checked before use: the server may have restarted
RETURNED_AT = "returned_at"


def open_postgresql(url: str, pool_size: int, hold_seconds: float | None, *, has_timeouts: bool) -> Engine:
    """An engine for the database at `url`; see `open_database`."""
    timeouts = TIMEOUTS if has_timeouts else NO_TIMEOUTS
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=35,
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
    event.listen(engine, "checkin", _remember_use)
    event.listen(engine, "checkout", _check_idle)
    if hold_seconds is not None:
        event.listen(engine, "connect", functools.partial(_limit_transactions, seconds=hold_seconds))
    return engine


def _remember_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[RETURNED_AT] = time.monotonic()


def _check_idle(connection: psycopg.Connection, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Replace a connection that the server has closed. One that was used just now is not worth a round trip."""
    returned_at = record.info.get(RETURNED_AT)
    if returned_at is None or time.monotonic() - returned_at < PING_SECONDS:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error


def _limit_transactions(connection: psycopg.Connection, _record: Any, *, seconds: float) -> None:
    """Let PostgreSQL 17 abort long transactions: its idle time-out misses a process that sleeps during a statement.

    A transaction that works may take `MIN_TRANSACTION_SECONDS`, however short `seconds` are. Otherwise a large
    checkpoint would be aborted at every attempt.
    """
    if connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
        connection.execute(f"SET transaction_timeout = {max(seconds, MIN_TRANSACTION_SECONDS) * 1000:.0f}")
        connection.commit()
