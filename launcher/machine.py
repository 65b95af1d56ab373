"""What the machine must offer before anything is started: a free port and shared memory."""

import os
import socket
import sys
import tempfile
from pathlib import Path

from launcher.errors import LaunchError


def free_port(host: str, port: int) -> int:
    """The port to listen on: ``port``, or any free one for 0.

    Raises:
        LaunchError: it is taken, not allowed, or ``host`` is no address of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise LaunchError(
            f"cannot listen on {host} port {port}: {error.strerror}; give --host and --port others"
        ) from error


def cores() -> int:
    """Cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_shared_memory(folder: Path = Path("/dev/shm")) -> None:  # noqa: S108 - where Linux keeps semaphores
    """Make sure that worker processes can share semaphores.

    Raises:
        LaunchError: Linux without a usable ``/dev/shm``, as in some containers and chroots.
    """
    if sys.platform != "linux":
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LaunchError(
            f"{folder} is not usable ({error.strerror}), and worker processes need it for semaphores: "
            f"mount a tmpfs there (mount -t tmpfs -o mode=1777 tmpfs {folder})"
        ) from error
