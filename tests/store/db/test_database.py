"""Opening databases, and telling errors that may pass from errors that stay."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from store.db.database import Sessions, is_statement_error, is_transient, open_database, open_sessions, wal_is_safe
from store.db.transaction import snapshot, transaction
from store.jobs import jobs


def test_unsupported_database_is_refused() -> None:
    with pytest.raises(ValueError, match="Database mysql is not supported"):
        open_database("mysql://localhost/backprop")


@pytest.mark.parametrize(
    ("version", "safe"), [((3, 51, 3), True), ((3, 50, 7), True), ((3, 50, 6), False), ((3, 51, 0), False)]
)
def test_wal_is_used_with_fixed_sqlite_releases_only(version: tuple[int, ...], safe: bool) -> None:  # noqa: FBT001
    assert wal_is_safe(version) is safe


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


def test_a_locked_table_of_jobs_is_noticed(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    with engine.begin() as holder:
        holder.execute(text("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError, match="lock timeout"), snapshot(open_sessions(engine)) as tx:
            jobs.probe(tx)
    with snapshot(open_sessions(engine)) as tx:
        jobs.probe(tx)
    engine.dispose()
