"""The server that forks a child process for each file to read: requests and answers are JSON on a socket of their own.

The readers are loaded once, before the first fork. The server has one thread, so forking is safe.
"""

import gc
import json
import os
import resource
import signal
import socket
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import duckdb

from tabular.errors import InvalidDataset, OverLimit
from tabular.limits import Limits
from tabular.readers.formats import format_named
from tabular.readers.options import ReadOptions
from tabular.readers.preview import PreviewColumn, end_of_rows, read_preview

MAX_ERROR_TEXT = 500  # last characters of a traceback that are reported


def main() -> NoReturn:
    """Fork a child for each connection that arrives on standard input, until the caller ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system removes ended children
    gc.freeze()
    control = socket.socket(fileno=sys.stdin.fileno())
    while True:
        _, connections, _, _ = socket.recv_fds(control, 1, 1)
        if not connections:
            os._exit(0)  # DuckDB writes warnings when the interpreter ends as usual
        with socket.socket(fileno=connections[0]) as connection:
            if os.fork() == 0:
                control.close()
                _serve(connection)


def _serve(connection: socket.socket) -> NoReturn:
    """Answer the request of one connection, and end this child."""
    try:
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps(_answer(json.load(stream)), allow_nan=False).encode())
    finally:
        os._exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    limits = Limits(**request["limits"])
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)  # SIGALRM kills this process, also within a library
    resource.setrlimit(resource.RLIMIT_DATA, (limits.process_bytes, limits.process_bytes))
    try:
        return _ANSWERS[request["task"]](request, limits)
    except OverLimit as error:
        return {"over_limit": [error.limit, error.allowed, error.value]}
    except InvalidDataset as error:
        return {"problems": [asdict(problem) for problem in error.problems]}
    except (MemoryError, duckdb.OutOfMemoryException):
        return {"out_of_memory": True}
    except Exception:  # noqa: BLE001  # the caller raises it
        return {"failed": traceback.format_exc()[-MAX_ERROR_TEXT:]}


def _read(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Read a file and describe it."""
    options = ReadOptions(**request["options"] | {"missing": tuple(request["options"]["missing"])})
    read = format_named(request["format"]).read
    return {"profile": read(Path(request["source"]), Path(request["parquet"]), options, limits).to_json()}


def _find_rows(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Find where the first rows of a data set end."""
    return {"end": end_of_rows(Path(request["parquet"]), request["rows"], limits)}


def _preview(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Read the first rows of a data set."""
    columns = [PreviewColumn(**column) for column in request["columns"]]
    return {"rows": read_preview(Path(request["parquet"]), columns, request["rows"], limits)}


_ANSWERS = {"read": _read, "find_rows": _find_rows, "preview": _preview}


if __name__ == "__main__":
    main()
