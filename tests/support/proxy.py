"""A TCP proxy that can drop bytes: connections stay open, but nothing arrives."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit

CHUNK_BYTES = 1 << 16


class Proxy:
    """Forwards TCP connections to the server of a URL until it is told to drop bytes."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{self._listener.getsockname()[1]}"))
        self._drop_new = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._dropping: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def drop(self, *, new: bool) -> None:
        """Drop all bytes of the open connections from now on, and with `new` also of later ones."""
        self._drop_new = new
        self._dropping.update(end for pair in self._pairs for end in pair)

    def close(self) -> None:
        """Close all connections."""
        for opened in (self._listener, *(end for pair in self._pairs for end in pair)):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._pairs.append((client, server))
                if self._drop_new:
                    self._dropping.update((client, server))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=ends, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if source not in self._dropping:
                    sink.sendall(data)
        if source not in self._dropping:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
