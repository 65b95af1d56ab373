"""What the service answers: weights."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from backprop_client.record import Record


class Tensor(Record):
    """A tensor of the file."""

    __slots__ = ()
    name: str
    shape: list[int]
    dtype: str


class Weights(Record):
    """Uploaded weights, which jobs can start from (`init_from`)."""

    __slots__ = ()
    id: str
    name: str
    bytes: int
    """Size of the file."""
    sha256: str
    """SHA-256 of the file."""
    tensors: list[Tensor]
    created_at: str
    metadata: dict[str, str]
