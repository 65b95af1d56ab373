"""Places where tests make a process fail: killed, paused, or told that the database or broker broke down.

Nothing happens unless ``BACKPROP_FAILPOINTS`` names a folder. A file in it with the name of a place holds what is to
happen there; whoever takes the file away is the one to whom it happens, once, in whichever process comes by first.
"""

import os
import signal
import time
from pathlib import Path

from sqlalchemy.exc import OperationalError

_folder = Path(named) if (named := os.environ.get("BACKPROP_FAILPOINTS")) else None
_TURN_SECONDS = 0.01


def hit(place: str, error: Exception | None = None) -> None:
    """Do what the file `place` asks for, if there is one; an "error" is `error`, or one of the database.

    An error before a commit is one that failed; after it, one that went through and was reported as failed.
    """
    if _folder is not None and (taken := _take(_folder / place)):
        _do(taken, error or OperationalError(place, {}, ConnectionError("a failpoint")))


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
        case "pause":  # until the file is gone
            while taken.exists():
                time.sleep(_TURN_SECONDS)
        case other:
            raise ValueError(f"{taken} asks for {other!r}, not for kill, error, memory or pause")
