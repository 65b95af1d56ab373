"""Copy an SQLite database while other processes use it."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from store.db.sqlite import BUSY_MILLISECONDS, sqlite_driver

PAGES_PER_STEP = 2_048  # 8 MiB between two calls of `on_progress`


def copy_database(source: Path, target: Path, on_progress: Callable[[float], None]) -> None:
    """Write the state that `source` has now to the new file `target`, for its owner only.

    With write-ahead logging, others read and write meanwhile; without it, they wait. `on_progress` gets the copied
    fraction. If copying fails, `target` does not exist afterwards.

    Raises:
        FileExistsError: `target` exists.
        OSError: the copy is damaged, or there is no space.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _copy(source, target, on_progress)
    except BaseException:
        target.unlink()
        raise


def _copy(source: Path, target: Path, on_progress: Callable[[float], None]) -> None:
    driver = sqlite_driver()
    timeout = BUSY_MILLISECONDS / 1000
    uri = f"{source.absolute().as_uri()}?mode=rw"  # reading the write-ahead log needs its index file
    with (
        closing(driver.connect(uri, uri=True, timeout=timeout, isolation_level=None)) as original,
        closing(driver.connect(target, isolation_level=None)) as copy,
    ):
        original.execute("BEGIN")  # all pages are of this moment, whatever others write
        original.execute("SELECT count(*) FROM sqlite_master").fetchone()
        original.backup(
            copy,
            pages=PAGES_PER_STEP,
            progress=lambda _status, remaining, total: on_progress(1 - remaining / max(total, 1)),
        )
        (result,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if result != "ok":
        raise OSError(f"The copy is damaged: {result}")
