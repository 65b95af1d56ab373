"""SQLite files: write-ahead logging where it is safe, private files, a bounded log, and a way back."""

import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from store.db import sqlite
from store.db.database import is_transient, journal_mode, open_database, open_sessions
from store.db.sqlite import open_sqlite, shrink_log, sqlite_driver, wal_is_safe
from store.db.transaction import snapshot, transaction


@pytest.mark.parametrize(
    ("version", "safe"), [((3, 51, 3), True), ((3, 50, 7), True), ((3, 50, 6), False), ((3, 51, 0), False)]
)
def test_wal_is_used_with_fixed_sqlite_releases_only(version: tuple[int, ...], safe: bool) -> None:  # noqa: FBT001
    assert wal_is_safe(version) is safe


def test_files_of_a_new_database_are_private(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    with transaction(open_sessions(engine)) as tx:
        tx.execute(text("CREATE TABLE t (x)"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    engine.dispose()
    assert modes == dict.fromkeys(("new.sqlite3", "new.sqlite3-wal", "new.sqlite3-shm"), 0o600)


def test_an_older_file_is_switched_to_wal_and_back(sqlite_url: str) -> None:
    file = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    modes = []
    for driver in (sqlite_driver(), sqlite3):
        engine = open_sqlite(sqlite_url, 5, driver)
        with transaction(open_sessions(engine)) as tx:
            tx.execute(text("UPDATE projects SET name = :name"), {"name": driver.__name__})
        modes.append(journal_mode(engine))
        engine.dispose()
    assert modes == ["wal", "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "delete"]


def test_a_committed_change_survives_the_loss_of_all_processes(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_database(sqlite_url)
    with transaction(open_sessions(engine)) as tx:
        tx.execute(text("UPDATE projects SET name = 'kept'"))
    for part in ("", "-wal"):  # what is on the disk, without the end of the process that wrote it
        shutil.copy(sqlite_url.removeprefix("sqlite:///") + part, tmp_path / f"copy{part}")
    engine.dispose()
    copy = open_database(f"sqlite:///{tmp_path / 'copy'}")
    with snapshot(open_sessions(copy)) as tx:
        assert tx.scalar(text("SELECT name FROM projects")) == "kept"
        assert tx.scalar(text("PRAGMA integrity_check")) == "ok"
    copy.dispose()


def test_the_log_is_cut_after_a_large_transaction(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MAX_WAL_BYTES", 1 << 20)
    engine = open_database(sqlite_url)
    sessions, log = open_sessions(engine), Path(sqlite_url.removeprefix("sqlite:///") + "-wal")
    with transaction(sessions) as tx:
        tx.execute(text("CREATE TABLE large AS SELECT randomblob(8000000) AS x"))
    high = log.stat().st_size
    for name in "abc":  # the next writers checkpoint the log and start it again
        with transaction(sessions) as tx:
            tx.execute(text("UPDATE projects SET name = :name"), {"name": name})
    assert (high > 8_000_000, log.stat().st_size <= 1 << 20) == (True, True)
    engine.dispose()


def test_threads_write_one_after_another_without_polling(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    attempts = []

    @event.listens_for(engine, "begin")
    def count(_connection: Connection) -> None:
        attempts.append(engine.pool.checkedout())

    def write(_number: int) -> None:
        with transaction(open_sessions(engine)) as tx:
            tx.execute(text("SELECT 1"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    assert attempts == [1] * 40, "writers held connections while they waited"
    engine.dispose()


def test_a_writer_that_gives_up_waiting_reports_a_transient_error(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 50)
    engine = open_database(sqlite_url)
    sessions = open_sessions(engine)
    with transaction(sessions) as first:
        first.execute(text("UPDATE projects SET name = 'first'"))
        with pytest.raises(OperationalError, match="locked") as caught, transaction(sessions) as second:
            second.execute(text("UPDATE projects SET name = 'second'"))
    assert is_transient(caught.value)
    engine.dispose()


def test_a_log_that_readers_keep_from_shrinking_is_emptied(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    sessions, log = open_sessions(engine), Path(sqlite_url.removeprefix("sqlite:///") + "-wal")
    with snapshot(sessions) as reader:
        reader.execute(text("SELECT * FROM projects"))
        with transaction(sessions) as tx:
            tx.execute(text("CREATE TABLE large AS SELECT randomblob(3000000) AS x"))
    shrink_log(engine, 10_000_000)
    before = log.stat().st_size
    shrink_log(engine, 1_000_000)
    assert (before > 3_000_000, log.stat().st_size) == (True, 0)
    engine.dispose()
