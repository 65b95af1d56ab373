"""Upload a file: a small one in one request, a large one in parts that survive lost connections."""

from collections.abc import Callable, Mapping
from typing import Any

from backprop_client._async import runtime
from backprop_client._async.transport import AsyncTransport
from backprop_client.errors import BackpropError
from backprop_client.requests import Parameters, Request, new_idempotency_key, path_of
from backprop_client.retries import Attempts
from backprop_client.tables.payload import Payload

Progress = Callable[[int, int], None]

PART_BYTES = 8 << 20  # sent again after a lost connection, at most
PARTIAL_UPLOAD = "application/partial-upload"


async def upload(
    transport: AsyncTransport,
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
        return await _upload_whole(transport, payload, request, progress)
    return await _Parts(transport, payload, progress).upload(request)


async def _upload_whole(
    transport: AsyncTransport, payload: Payload, request: Request, progress: Progress | None
) -> Mapping[str, Any]:
    content = await runtime.in_thread(payload.read, 0, payload.size)
    whole = Request(
        method="POST", path=request.path, parameters=request.parameters, headers=request.headers, content=content
    )
    dataset: Mapping[str, Any] = (await transport.send(whole, long=True)).json()
    if progress is not None:
        progress(payload.size, payload.size)
    return dataset


class _Parts:
    """A resumable upload (Resumable Uploads for HTTP, interop version 8)."""

    def __init__(self, transport: AsyncTransport, payload: Payload, progress: Progress | None) -> None:
        self._transport = transport
        self._payload = payload
        self._progress = progress
        self._offset = 0

    async def upload(self, request: Request) -> Mapping[str, Any]:
        """Begin the upload and send all parts; after a failure, go on at the offset that the service has."""
        path = await self._begin(request)
        attempts = Attempts(self._transport.configuration.retries, long=True)
        is_known = True  # the offset
        while True:
            try:
                if not is_known:
                    await self._ask_offset(path)
                dataset = await self._send_part(path)
            except BackpropError as error:
                is_known = False
                await runtime.sleep(attempts.delay_after(error))
            else:
                is_known = True
                attempts.succeeded()
                if dataset is not None:
                    return dataset

    async def _begin(self, request: Request) -> str:
        sizes = {"Upload-Complete": "?0", "Upload-Length": str(self._payload.size)}
        begin = Request(
            method="POST",
            path=request.path,
            parameters=request.parameters,
            headers={**request.headers, **sizes},
            content=b"",
        )
        answer = await self._transport.send(begin, long=True)
        return path_of("uploads", answer.json()["id"])

    async def _ask_offset(self, path: str) -> None:
        answer = await self._transport.send_once(Request(method="HEAD", path=path))
        self._offset = int(answer.headers["Upload-Offset"])

    async def _send_part(self, path: str) -> Mapping[str, Any] | None:
        """Send the next part; return the data set if it was the last one."""
        part = await runtime.in_thread(self._payload.read, self._offset, PART_BYTES)
        is_last = self._offset + len(part) >= self._payload.size
        headers = {
            "Content-Type": PARTIAL_UPLOAD,
            "Upload-Offset": str(self._offset),
            "Upload-Complete": "?1" if is_last else "?0",
        }
        answer = await self._transport.send_once(Request(method="PATCH", path=path, headers=headers, content=part))
        self._offset += len(part)
        if self._progress is not None:
            self._progress(self._offset, self._payload.size)
        return answer.json() if is_last else None
