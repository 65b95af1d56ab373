"""Failpoints: places where tests can kill a process, pause it, or make the database or broker fail.

Nothing happens unless ``BACKPROP_FAILPOINTS`` names a folder. To arm a failpoint, a test creates a file in that folder:
its name is the failpoint, its content the action. The first process that reaches the failpoint renames the file and
performs the action once.
"""

import os
import signal
import time
from pathlib import Path

from sqlalchemy.exc import OperationalError

_folder = Path(named) if (named := os.environ.get("BACKPROP_FAILPOINTS")) else None
_POLL_SECONDS = 0.01


def hit(name: str, error: Exception | None = None) -> None:
    """Perform the action of the file `name`, if there is one; "error" raises `error`, or a database error.

    Before a commit, an error means that the commit failed. After a commit, it means that the commit succeeded but was
    reported as failed.
    """
    if _folder is not None and (taken := _take(_folder / name)):
        _do(taken, error or OperationalError(name, {}, ConnectionError("a failpoint")))


def _take(file: Path) -> Path | None:
    try:
        return file.rename(file.with_name(f"{file.name}={os.getpid()}"))
    except FileNotFoundError:
        return None


def _do(taken: Path, error: Exception) -> None:
    match taken.read_text():
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "error":
            raise error
        case "memory":
            raise MemoryError
        case "pause":  # until the test deletes the file
            while taken.exists():
                time.sleep(_POLL_SECONDS)
        case other:
            raise ValueError(f"{taken} contains {other!r}; use kill, error, memory or pause")
