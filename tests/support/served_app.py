"""Serve an application over HTTP from a thread of this process, with the server's own limits."""

import functools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from api.server.guarded_protocol import GuardedProtocol
from api.settings import ApiSettings


@contextmanager
def served(app: FastAPI, settings: ApiSettings | None = None) -> Iterator[str]:
    """Yield the URL of a running server."""
    protocol = functools.partial(GuardedProtocol, settings or ApiSettings())
    config = uvicorn.Config(app, port=0, http=protocol, ws="none", log_config=None, proxy_headers=False)  # type: ignore[arg-type]  # called like a class
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
