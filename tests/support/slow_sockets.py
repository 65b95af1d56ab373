"""Sockets that are slow in all the ways in which a client can be slow."""

import contextlib
import socket
from types import TracebackType
from typing import Self

STARTS = (
    b"",
    b"GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    b"POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 99999999\r\n\r\na,b\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
)
PIECE = b"1"  # of a header, a table or a number: what a trickling client sends now and then


class SlowSockets:
    """Open sockets that send a little at a time: nothing, a header without an end, a table, a JSON body."""

    def __init__(self, port: int, count: int) -> None:
        self._sockets = [(socket.create_connection(("127.0.0.1", port), 30), at % len(STARTS)) for at in range(count)]
        for each, kind in self._sockets:
            each.sendall(STARTS[kind])
            each.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, _ in self._sockets:
            each.close()

    def trickle(self) -> int:
        """Send a byte through each socket that sends something; return how many the server keeps open."""
        still_open = [(each, kind) for each, kind in self._sockets if not _is_closed(each)]
        for each, _ in {*self._sockets} - {*still_open}:
            each.close()
        self._sockets = still_open
        for each, kind in still_open:
            if STARTS[kind]:
                with contextlib.suppress(OSError):
                    each.send(PIECE)
        return len(still_open)


def _is_closed(each: socket.socket) -> bool:
    try:
        while each.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
