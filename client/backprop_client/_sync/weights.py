"""Weights of other libraries, which jobs can start from."""

# Generated from the same file in _async by client/generator; do not edit.

from pathlib import Path

from backprop_client._sync import runtime
from backprop_client._sync.pages import Pages
from backprop_client._sync.transport import Transport
from backprop_client.requests import Request, new_idempotency_key, path_of
from backprop_client.types import weights as types


class Weights:
    """The uploaded weights of the project: `client.weights`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(self, file: str | Path | bytes, *, name: str | None = None) -> types.Weights:
        """Upload a safetensors file of a PyTorch `state_dict`, by its path or its bytes, and return it.

        A job starts from it with `init_from={"weights_id": weights.id}`.
        """
        if isinstance(file, bytes):
            content = file
        else:
            content, name = runtime.in_thread(Path(file).read_bytes), name or Path(file).stem
        request = Request(
            method="POST",
            path=path_of("weights"),
            parameters={"name": name},
            headers={"Content-Type": "application/x-safetensors", "Idempotency-Key": new_idempotency_key()},
            content=content,
        )
        return types.Weights((self._transport.send(request)).json())

    def list(self, *, page_size: int | None = None) -> Pages[types.Weights]:
        """Iterate over the uploaded weights, newest first."""
        return Pages(self._transport, path_of("weights"), {"limit": page_size}, types.Weights)

    def get(self, weights_id: str) -> types.Weights:
        """Return uploaded weights with the names and shapes of their tensors."""
        return types.Weights(self._transport.get(path_of("weights", weights_id)))

    def delete(self, weights_id: str) -> None:
        """Delete weights. Raises `ConflictError` while a job needs them."""
        self._transport.delete(path_of("weights", weights_id))
