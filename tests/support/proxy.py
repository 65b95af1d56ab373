"""A way to the broker that goes half open: connections stay, bytes vanish."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit

CHUNK_BYTES = 1 << 16


class Proxy:
    """Forwards TCP connections to the server of a URL, until they are to swallow what they receive."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{self._listener.getsockname()[1]}"))
        self._swallow_new = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._deaf: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self, *, new: bool) -> None:
        """From now on lose all bytes of the connections that there are, and of new ones, or not."""
        self._swallow_new = new
        self._deaf.update(end for pair in self._pairs for end in pair)

    def close(self) -> None:
        """Close everything."""
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
                if self._swallow_new:
                    self._deaf.update((client, server))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=ends, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if source not in self._deaf:
                    sink.sendall(data)
        if source not in self._deaf:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
