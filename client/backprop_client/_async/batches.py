"""Batches: predictions for whole data sets."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, Unpack

from backprop_client._async.downloading import Progress, download
from backprop_client._async.following import wait
from backprop_client._async.pages import AsyncPages
from backprop_client._async.transport import AsyncTransport
from backprop_client.paths import target_file
from backprop_client.requests import path_of
from backprop_client.specs.requests import BatchRequest
from backprop_client.types import batches as types

ENDED = frozenset({"succeeded", "failed", "canceled"})


class AsyncBatch(types.Batch):
    """Predictions for a data set, with the fields of the last answer; `refresh`, `wait` and `cancel` update them."""

    __slots__ = ("_transport",)

    def __init__(self, transport: AsyncTransport, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self._transport = transport

    @property
    def has_ended(self) -> bool:
        """Whether the batch has succeeded, failed or was canceled."""
        return self.state in ENDED

    async def refresh(self) -> Self:
        """Read the batch again, and return it."""
        self._replace(await self._transport.get(self._path()))
        return self

    async def wait(self, timeout: float | None = None, *, on_change: Callable[[Self], None] | None = None) -> Self:
        """Wait until the batch has ended, and return it; see `Job.wait`."""

        def changed(data: Mapping[str, Any]) -> bool:
            self._replace(data)
            if on_change is not None:
                on_change(self)
            return self.has_ended

        end = None if timeout is None else time.monotonic() + timeout
        await wait(self._transport, self._path(), changed, end, each_change=on_change is not None)
        return self

    async def cancel(self) -> Self:
        """Cancel the batch. It gets no result."""
        self._replace(await self._transport.create(self._path("cancel")))
        return self

    async def download(self, path: str | Path, *, progress: Progress | None = None) -> Path:
        """Save the predictions, and return the file. `path` is a file or a folder."""
        target = target_file(path, f"{self.id}.{self.format}")
        return await download(self._transport, self._path("content"), target, progress=progress)

    async def delete(self) -> None:
        """Erase the batch with its result."""
        await self._transport.delete(self._path())

    def _path(self, *rest: str) -> str:
        return path_of("batches", self.id, *rest)


class AsyncBatches:
    """The batches of the project: `client.batches`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self, model_id: str, *, idempotency_key: str | None = None, **request: Unpack[BatchRequest]
    ) -> AsyncBatch:
        """Queue the predictions of a model for a data set, and return the batch.

        Raises `InvalidRequestError` if the data set lacks columns that the model reads.
        """
        path = path_of("models", model_id, "batches")
        return self._make(await self._transport.create(path, request, idempotency_key=idempotency_key))

    def list(
        self,
        *,
        state: str | None = None,
        model_id: str | None = None,
        created_after: str | None = None,
        metadata: Mapping[str, str] | None = None,
        page_size: int | None = None,
    ) -> AsyncPages[AsyncBatch]:
        """Iterate over the batches, newest first; the arguments select some of them."""
        parameters = {
            "state": state,
            "model_id": model_id,
            "created_after": created_after,
            "metadata": metadata,
            "limit": page_size,
        }
        return AsyncPages(self._transport, path_of("batches"), parameters, self._make)

    async def get(self, batch_id: str) -> AsyncBatch:
        """Return a batch."""
        return self._make(await self._transport.get(path_of("batches", batch_id)))

    async def delete(self, batch_id: str) -> None:
        """Erase a batch that has ended, with its result."""
        await self._transport.delete(path_of("batches", batch_id))

    def _make(self, data: Mapping[str, Any]) -> AsyncBatch:
        return AsyncBatch(self._transport, data)
