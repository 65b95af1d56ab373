"""Opening databases, and telling errors that may pass from errors that stay."""

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from store.db import postgresql
from store.db.database import Sessions, is_statement_error, is_transient, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.jobs import jobs


def test_unsupported_database_is_refused() -> None:
    with pytest.raises(ValueError, match="Database mysql is not supported"):
        open_database("mysql://localhost/backprop")


def test_errors_of_an_unreachable_database_are_transient() -> None:
    error = OperationalError("SELECT 1", {}, ConnectionError(), connection_invalidated=True)
    assert (is_transient(error), is_statement_error(error)) == (True, False)


def test_refused_statement_is_not_transient(sessions: Sessions) -> None:
    row = text("INSERT INTO projects (id, name, created_at) VALUES ('prj_default', 'twice', 0)")
    with pytest.raises(IntegrityError) as caught, transaction(sessions) as tx:
        tx.execute(row)
    assert (is_transient(caught.value), is_statement_error(caught.value)) == (False, True)


def test_reading_transaction_takes_no_write_lock(sessions: Sessions) -> None:
    with transaction(sessions) as writing:
        writing.execute(text("UPDATE projects SET name = 'renamed'"))
        with snapshot(sessions) as reading:
            assert reading.scalar(text("SELECT name FROM projects")) == "default"


def test_foreign_keys_are_enforced(sessions: Sessions) -> None:
    row = text("INSERT INTO blob_chunks (blob_id, number, data) VALUES ('blb_none', 0, '')")
    with pytest.raises(DBAPIError), transaction(sessions) as tx:
        tx.execute(row)


def test_migrations_run_without_timeouts(postgres_url: str) -> None:
    settings = ("statement_timeout", "lock_timeout", "application_name")
    found = {}
    for has_timeouts in (True, False):
        engine = open_database(postgres_url, has_timeouts=has_timeouts)
        with engine.connect() as connection:
            found[has_timeouts] = [connection.scalar(text(f"SHOW {name}")) for name in settings]
        engine.dispose()
    assert found == {True: ["1min", "10s", "backprop"], False: ["0", "0", "backprop"]}


@pytest.mark.parametrize(("lease", "shown"), [(2, {"2s": "30s"}), (90, {"90s": "90s"})])
def test_transactions_that_work_get_half_a_minute_however_short_the_lease_is(
    postgres_url: str, lease: float, shown: dict[str, str]
) -> None:
    engine = open_database(postgres_url, hold_seconds=lease)
    with engine.connect() as connection:
        idle = connection.scalar(text("SHOW idle_in_transaction_session_timeout"))
        whole = connection.scalar(text("SHOW transaction_timeout"))
    engine.dispose()
    assert {idle: whole} == shown


def test_a_locked_table_of_jobs_is_noticed(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    with engine.begin() as holder:
        holder.execute(text("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError, match="timeout"), snapshot(sessions, statement_seconds=0.1) as tx:
            jobs.probe(tx)
    with snapshot(sessions) as tx:
        jobs.probe(tx)
    engine.dispose()


def test_a_read_on_postgresql_is_one_statement(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    with snapshot(sessions) as tx:
        connection = tx.connection().connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        jobs.probe(tx)
        assert connection.info.transaction_status == TransactionStatus.IDLE
    with transaction(sessions) as tx:
        jobs.probe(tx)
        assert connection.info.transaction_status == TransactionStatus.INTRANS
    engine.dispose()


def test_an_idle_connection_that_postgresql_closed_is_replaced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "PING_SECONDS", 0.0)
    engine = open_database(postgres_url, pool_size=1)
    sessions = open_sessions(engine)
    with snapshot(sessions) as tx:
        pid = tx.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with snapshot(sessions) as tx:
        assert tx.scalar(text("SELECT pg_backend_pid()")) != pid
    engine.dispose()
