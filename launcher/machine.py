"""Check the machine before anything starts: a free port, CPU cores, shared memory."""

import os
import socket
import sys
import tempfile
from pathlib import Path

from launcher.errors import LaunchError


def free_port(host: str, port: int) -> int:
    """Return ``port`` if it is free, or any free port for 0.

    Raises:
        LaunchError: the port is in use or not permitted, or ``host`` is not an address of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
            return int(listener.getsockname()[1])
    except OSError as error:
        raise LaunchError(
            f"cannot listen on {host} port {port}: {error.strerror}. Choose another --host or --port"
        ) from error


def cores() -> int:
    """Return the number of CPU cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_shared_memory(folder: Path = Path("/dev/shm")) -> None:  # noqa: S108 - Linux keeps semaphores there
    """Check that worker processes can share semaphores.

    Raises:
        LaunchError: ``/dev/shm`` is missing or not writable, as in some containers and chroots.
    """
    if sys.platform != "linux":
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LaunchError(
            f"{folder} is not usable ({error.strerror}), but worker processes need it for semaphores: "
            f"mount a tmpfs there (mount -t tmpfs -o mode=1777 tmpfs {folder})"
        ) from error
