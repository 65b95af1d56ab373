"""The data folder: created, checked, and locked by one launcher at a time."""

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

ORPHANS_SECONDS = 10.0  # more than the processes of a killed launcher need to end
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
    """A locked data folder. Every child process inherits the lock, so it is free only when all of them have ended."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock

    @classmethod
    def open(cls, path: Path) -> Self:
        """Create ``path`` if needed, lock it, and remove unfinished uploads of a killed service.

        Raises:
            LaunchError: the folder is not writable, or another service uses it.
        """
        path = path.absolute()
        _create(path)
        folder = cls(path, _lock(path))
        _clear(path / "uploads")
        return folder

    def close(self) -> None:
        """Release the lock."""
        os.close(self.lock)


def check_local(path: Path) -> None:
    """Check that ``path`` is safe for an SQLite database.

    Raises:
        LaunchError: it is on a network file system.
    """
    if kind := network_file_system(path):
        raise LaunchError(
            f"{path} is on a network file system ({kind}), where SQLite may lose data: "
            "choose a local --data folder, or set BACKPROP_DATABASE_URL to a PostgreSQL server"
        )


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """Return the type of the network file system that holds ``path``; None if it is local or unknown."""
    try:
        table = [line.split() for line in mounts.read_text(errors="replace").splitlines()]
    except OSError:
        return None
    mount_points = {_unescape(mount[1]): mount[2] for mount in table if len(mount) > 2}
    under = [point for point in mount_points if path.resolve().is_relative_to(point)]
    kind = mount_points[max(under, key=len)] if under else ""
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def _unescape(mount_point: str) -> str:
    """Decode a mount point; the table writes blanks as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), mount_point)


def _create(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise LaunchError(
            f"cannot write to the data folder {path}: {error.strerror}. Choose another --data folder"
        ) from error


def _clear(uploads: Path) -> None:
    """Remove the unfinished uploads of a killed service; the lock guarantees that no other service is writing them."""
    for upload in uploads.glob("upload-*"):
        shutil.rmtree(upload, ignore_errors=True)


def _lock(path: Path) -> int:
    """Lock the folder; wait while the processes of a killed launcher still end."""
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + ORPHANS_SECONDS
    while not _try_lock(lock, path):
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip()
        if _alive(holder) or time.monotonic() > deadline:
            os.close(lock)
            raise LaunchError(
                f"the data folder {path} is in use by process {holder or 'unknown'}: "
                "stop that service first, or choose another --data folder"
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
            raise LaunchError(
                f"the file system of {path} does not support locks: choose a local --data folder"
            ) from error
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
    """Whether a process has ended but its parent has not collected it yet."""
    if sys.platform != "linux":
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
