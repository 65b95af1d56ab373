"""Limits that uvicorn does not have: for long headers, slow senders and the sockets of one address.

A request that breaks a limit of its size is answered; a sender that is too slow is disconnected without an answer.
"""

import asyncio
import json
from collections import Counter
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.errors import ApiError, HeadersTooLarge, InvalidHeader
from api.http.problems import problem_document
from api.http.proxies.trusted_proxies import TrustedProxies, networks
from api.settings import ApiSettings
from store.ids import new_request_id

BODY_CHECK_SECONDS = 2.0  # between two looks at how much of a body has arrived
SOCKETS = Counter[str]()  # by address


class GuardedProtocol(HttpToolsProtocol):
    """One socket of the server, closed when its sender is too slow or sends too much."""

    def __init__(self, limits: ApiSettings, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self._max_sockets = limits.share(limits.max_sockets_per_address)
        self._timer: asyncio.TimerHandle | None = None
        self._reads_headers = True
        self._header_bytes = self._body_bytes = 0
        self._was_paused = False  # whether this service stopped reading since the last look
        self._refused = False
        self._address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a request, unless the address has too many sockets."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        SOCKETS[self._address] += 1
        is_proxy = TrustedProxies(networks(self._limits.trusted_proxies)).includes(self._address)
        if self._address and not is_proxy and SOCKETS[self._address] > self._max_sockets:
            transport.abort()
        else:
            self._start_timer(self._limits.max_header_seconds, self._close_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the socket."""
        self._stop_timer()
        SOCKETS[self._address] -= 1
        if SOCKETS[self._address] <= 0:
            del SOCKETS[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, unless the header is too long."""
        if self._refused:
            return
        began_before = self._reads_headers or self.cycle is None
        super().data_received(data)
        if self._reads_headers and began_before:  # else part of the data belongs to the request before this one
            self._header_bytes += len(data)
            if self._header_bytes > self._limits.max_header_bytes and not self._refused:
                self._refuse_headers()

    def on_message_begin(self) -> None:
        """Begin to wait for the end of the header."""
        super().on_message_begin()
        self._reads_headers, self._header_bytes = True, 0
        self._start_timer(self._limits.max_header_seconds, self._close_slow)

    def on_headers_complete(self) -> None:
        """Start the application, and begin to measure how fast the body arrives."""
        self._reads_headers = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._limits.max_header_bytes:
            self._refuse_headers()
            return
        self._body_bytes, self._was_paused = 0, False
        self._start_timer(self._limits.body_grace_seconds, self._check_body, self._limits.body_grace_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count the bytes of the body."""
        if not self._refused:
            self._body_bytes += len(body)
            super().on_body(body)
            self._was_paused = self._was_paused or self.flow.read_paused

    def on_message_complete(self) -> None:
        """Stop measuring: the request is complete."""
        if not self._refused:
            self._stop_timer()
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        if not self._refused:
            self._refuse(InvalidHeader(msg))

    def _check_body(self, seconds: float) -> None:
        """Close the socket if too little of the body arrived in `seconds`, unless this service did not read it."""
        is_slow = self._body_bytes < seconds * self._limits.min_body_bytes_per_second
        if is_slow and not self._was_paused:
            self._close_slow()
            return
        self._body_bytes, self._was_paused = 0, self.flow.read_paused
        self._start_timer(BODY_CHECK_SECONDS, self._check_body, BODY_CHECK_SECONDS)

    def _close_slow(self) -> None:
        self.transport.abort()

    def _refuse_headers(self) -> None:
        detail = f"The request line and the headers may have at most {self._limits.max_header_bytes:,} bytes."
        self._refuse(HeadersTooLarge(detail))

    def _refuse(self, error: ApiError) -> None:
        """Answer with a problem document and close the socket."""
        self._refused = True
        request_id = new_request_id()
        body = json.dumps(problem_document(error, request_id)).encode()
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nx-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _start_timer(self, seconds: float, action: Any, *arguments: Any) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, action, *arguments)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
