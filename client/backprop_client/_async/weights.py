"""Weights of other libraries, which jobs can start from."""

from pathlib import Path

from backprop_client._async import runtime
from backprop_client._async.pages import AsyncPages
from backprop_client._async.transport import AsyncTransport
from backprop_client.requests import Request, new_idempotency_key, path_of
from backprop_client.types import weights as types


class AsyncWeights:
    """The uploaded weights of the project: `client.weights`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def upload(self, file: str | Path | bytes, *, name: str | None = None) -> types.Weights:
        """Upload a safetensors file of a PyTorch `state_dict`, by its path or its bytes, and return it.

        A job starts from it with `init_from={"weights_id": weights.id}`.
        """
        if isinstance(file, bytes):
            content = file
        else:
            content, name = await runtime.in_thread(Path(file).read_bytes), name or Path(file).stem
        request = Request(
            method="POST",
            path=path_of("weights"),
            parameters={"name": name},
            headers={"Content-Type": "application/x-safetensors", "Idempotency-Key": new_idempotency_key()},
            content=content,
        )
        return types.Weights((await self._transport.send(request)).json())

    def list(self, *, page_size: int | None = None) -> AsyncPages[types.Weights]:
        """Iterate over the uploaded weights, newest first."""
        return AsyncPages(self._transport, path_of("weights"), {"limit": page_size}, types.Weights)

    async def get(self, weights_id: str) -> types.Weights:
        """Return uploaded weights with the names and shapes of their tensors."""
        return types.Weights(await self._transport.get(path_of("weights", weights_id)))

    async def delete(self, weights_id: str) -> None:
        """Delete weights. Raises `ConflictError` while a job needs them."""
        await self._transport.delete(path_of("weights", weights_id))
