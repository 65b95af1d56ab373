"""Read a file in a child process with limits on memory and time, so that no file can harm the caller."""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tabular.errors import IngestTimeout, InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers.options import ReadOptions
from tabular.readers.preview import PreviewColumn

ROOT = Path(__file__).parents[2]
GRACE_SECONDS = 10  # how long after its time limit the child may take to disappear


class IngestFailed(Exception):
    """The reading process ended unexpectedly. The file is not to blame."""


def read_file(file_format: str, source: Path, parquet: Path, options: ReadOptions, limits: Limits) -> Profile:
    """Read `source` with the reader of a format (see `formats.py`) in a child process.

    Raises:
        InvalidDataset, OverLimit: from the reader; also if the table does not fit into the allowed memory.
        IngestTimeout: reading took longer than `limits.seconds`; the process was killed.
        IngestFailed: the process died.
    """
    request = {
        "task": "read",
        "format": file_format,
        "source": str(source.resolve()),
        "parquet": str(parquet.resolve()),
        "options": asdict(options),
    }
    return _profile(_ask(request, limits))


def find_rows(parquet: Path, rows: int, limits: Limits) -> int:
    """Return how many bytes hold the first rows of a canonical Parquet file, of which only the footer is needed."""
    request = {"task": "find_rows", "parquet": str(parquet.resolve()), "rows": rows}
    return int(_found(_ask(request, limits), "end"))


def read_preview(parquet: Path, columns: Sequence[PreviewColumn], rows: int, limits: Limits) -> list[dict[str, Any]]:
    """Return the first rows of a canonical Parquet file as JSON objects."""
    request = {
        "task": "preview",
        "parquet": str(parquet.resolve()),
        "columns": [column.to_json() for column in columns],
        "rows": rows,
    }
    found: list[dict[str, Any]] = _found(_ask(request, limits), "rows")
    return found


def _found(answer: dict[str, Any], name: str) -> Any:
    """Return a part of an answer. Raises `InvalidDataset` if the child ran out of memory."""
    return answer[name] if name in answer else _profile(answer)


def _ask(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Return the answer of a child. Raises what `read_file` raises, except for problems of the file."""
    start = time.monotonic()
    message = json.dumps({**request, "limits": asdict(limits)}).encode()
    answer = _server.ask(message, limits.seconds + GRACE_SECONDS)
    if not answer:
        if time.monotonic() - start >= limits.seconds:
            raise IngestTimeout(limits.seconds)
        raise IngestFailed("The reading process ended without an answer.")
    found: dict[str, Any] = json.loads(answer)
    if "failed" in found:
        raise IngestFailed(found["failed"])
    return found


class ReaderServer:
    """The process that has loaded the readers and forks a child for each file (see `child.py`).

    It starts with the first file, because loading the readers takes half a second. It ends with this process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Send a request to a child of its own. Return the answer, or nothing if the child died or takes longer."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._send_connection(theirs)
            ours.settimeout(seconds)
            try:
                ours.sendall(request)
                ours.shutdown(socket.SHUT_WR)
                with ours.makefile("rb") as stream:
                    return stream.read()
            except OSError:  # a timeout, or a child that died early
                return b""

    def close(self) -> None:
        """End the server. Children that are reading finish."""
        if self._control and self._process:
            self._control.close()
            self._process.wait()
        self._control = self._process = None

    def _send_connection(self, connection: socket.socket) -> None:
        """Give the connection to the server; if the server has died, start another."""
        with self._lock:
            for _ in range(2):
                control = self._control or self._start()
                try:
                    socket.send_fds(control, [b"\n"], [connection.fileno()])
                except OSError:
                    self.close()
                else:
                    return
        raise IngestFailed("The reading process does not start.")

    def _start(self) -> socket.socket:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tabular.readers.child"],
                stdin=theirs.fileno(),
                env=_environment(),
                start_new_session=True,  # signals of the terminal are for the service, whose end is this one's end
            )
        return self._control


def _environment() -> dict[str, str]:
    """Return the environment variables that the child needs, without any secret of the service."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _profile(answer: dict[str, Any]) -> Profile:
    match answer:
        case {"profile": dict(profile)}:
            return Profile.from_json(profile)
        case {"over_limit": [str(limit), int(allowed), int(value)]}:
            raise OverLimit(limit, allowed, value)
        case {"problems": list(problems)}:
            raise InvalidDataset([Problem(**problem) for problem in problems])
        case _:
            detail = "Reading the file needs more memory than is allowed."
            raise InvalidDataset([Problem(detail=detail, fix="Send fewer or shorter columns.")])


_server = ReaderServer()
atexit.register(_server.close)
