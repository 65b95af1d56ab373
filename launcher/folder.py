"""The data folder: made, checked, and held by one launcher at a time."""

import errno
import fcntl
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from launcher.errors import LaunchError

LEFTOVERS_SECONDS = 10.0  # longer than children of a killed launcher take to end
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "afs",
        "ceph",
        "cifs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)


class DataFolder:
    """A locked data folder; every child inherits the lock, so it is free only when all of them are gone."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock

    @classmethod
    def open(cls, path: Path) -> Self:
        """Make ``path`` if need be and hold it; unfinished uploads of a killed service go.

        Raises:
            LaunchError: it cannot be written, or another service uses it.
        """
        path = path.absolute()
        _make(path)
        folder = cls(path, _hold(path))
        _clear(path / "uploads")
        return folder

    def close(self) -> None:
        """Let go of it."""
        os.close(self.lock)


def check_local(path: Path) -> None:
    """Make sure that an embedded database may live in ``path``.

    Raises:
        LaunchError: it is on a network file system.
    """
    if kind := network_file_system(path):
        raise LaunchError(
            f"{path} is on a network file system ({kind}), where SQLite may lose data: "
            "give --data a local folder, or set BACKPROP_DATABASE_URL to a PostgreSQL server"
        )


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """The type of the network file system under ``path``; None where it is local or not to be found out."""
    try:
        table = [line.split() for line in mounts.read_text(errors="replace").splitlines()]
    except OSError:
        return None
    places = {_unescape(mount[1]): mount[2] for mount in table if len(mount) > 2}
    under = [place for place in places if path.resolve().is_relative_to(place)]
    kind = places[max(under, key=len)] if under else ""
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def _unescape(place: str) -> str:
    """A mount point as it is named: the table writes blanks as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), place)


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise LaunchError(f"cannot write to the data folder {path}: {error.strerror}") from error


def _clear(uploads: Path) -> None:
    """Remove what was being received when a service was killed: who holds the folder knows that nobody receives."""
    for left in uploads.glob("upload-*"):
        shutil.rmtree(left, ignore_errors=True)


def _hold(path: Path) -> int:
    """Take the folder's lock, waiting for the remains of a service whose launcher was killed."""
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + LEFTOVERS_SECONDS
    while not _try_lock(lock, path):
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip()
        if _alive(holder) or time.monotonic() > deadline:
            os.close(lock)
            raise LaunchError(
                f"the data folder {path} is in use by process {holder or 'unknown'}: "
                "stop that service first, or give --data another folder"
            )
        time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _try_lock(lock: int, path: Path) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in {errno.ENOLCK, errno.ENOTSUP}:
            raise LaunchError(f"the file system of {path} has no locks: give --data a local folder") from error
        raise
    return True


def _alive(holder: str) -> bool:
    if not holder.isdigit():
        return False
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _zombie(int(holder))


def _zombie(process: int) -> bool:
    """Whether a killed process only waits to be collected by its parent."""
    if sys.platform != "linux":
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
