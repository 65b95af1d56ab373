"""Upload a file: a small one in one request, a large one in parts that survive lost connections."""

# Generated from the same file in _async by client/generator; do not edit.

from collections.abc import Callable, Mapping
from typing import Any

from backprop_client._sync import runtime
from backprop_client._sync.transport import Transport
from backprop_client.errors import BackpropError
from backprop_client.requests import Parameters, Request, new_idempotency_key, path_of
from backprop_client.retries import Attempts
from backprop_client.tables.payload import Payload

Progress = Callable[[int, int], None]

PART_BYTES = 8 << 20  # sent again after a lost connection, at most
PARTIAL_UPLOAD = "application/partial-upload"


def upload(
    transport: Transport,
    payload: Payload,
    parameters: Parameters,
    *,
    idempotency_key: str | None = None,
    progress: Progress | None = None,
) -> Mapping[str, Any]:
    """Send a file as a data set, and return the data set."""
    headers = {**payload.headers, "Idempotency-Key": idempotency_key or new_idempotency_key()}
    request = Request(method="POST", path=path_of("datasets"), parameters=parameters, headers=headers)
    if payload.size <= PART_BYTES:
        return _upload_whole(transport, payload, request, progress)
    return _Parts(transport, payload, progress).upload(request)


def _upload_whole(
    transport: Transport, payload: Payload, request: Request, progress: Progress | None
) -> Mapping[str, Any]:
    content = runtime.in_thread(payload.read, 0, payload.size)
    whole = Request(
        method="POST", path=request.path, parameters=request.parameters, headers=request.headers, content=content
    )
    dataset: Mapping[str, Any] = (transport.send(whole, long=True)).json()
    if progress is not None:
        progress(payload.size, payload.size)
    return dataset


class _Parts:
    """A resumable upload (Resumable Uploads for HTTP, interop version 8)."""

    def __init__(self, transport: Transport, payload: Payload, progress: Progress | None) -> None:
        self._transport = transport
        self._payload = payload
        self._progress = progress
        self._offset = 0

    def upload(self, request: Request) -> Mapping[str, Any]:
        """Begin the upload and send all parts; after a failure, go on at the offset that the service has."""
        path = self._begin(request)
        attempts = Attempts(self._transport.configuration.retries, long=True)
        is_known = True  # the offset
        while True:
            try:
                if not is_known:
                    self._ask_offset(path)
                dataset = self._send_part(path)
            except BackpropError as error:
                is_known = False
                runtime.sleep(attempts.delay_after(error))
            else:
                is_known = True
                attempts.succeeded()
                if dataset is not None:
                    return dataset

    def _begin(self, request: Request) -> str:
        sizes = {"Upload-Complete": "?0", "Upload-Length": str(self._payload.size)}
        begin = Request(
            method="POST",
            path=request.path,
            parameters=request.parameters,
            headers={**request.headers, **sizes},
            content=b"",
        )
        answer = self._transport.send(begin, long=True)
        return path_of("uploads", answer.json()["id"])

    def _ask_offset(self, path: str) -> None:
        answer = self._transport.send_once(Request(method="HEAD", path=path))
        self._offset = int(answer.headers["Upload-Offset"])

    def _send_part(self, path: str) -> Mapping[str, Any] | None:
        """Send the next part; return the data set if it was the last one."""
        part = runtime.in_thread(self._payload.read, self._offset, PART_BYTES)
        is_last = self._offset + len(part) >= self._payload.size
        headers = {
            "Content-Type": PARTIAL_UPLOAD,
            "Upload-Offset": str(self._offset),
            "Upload-Complete": "?1" if is_last else "?0",
        }
        answer = self._transport.send_once(Request(method="PATCH", path=path, headers=headers, content=part))
        self._offset += len(part)
        if self._progress is not None:
            self._progress(self._offset, self._payload.size)
        return answer.json() if is_last else None
