"""Embedding: a learned vector for each whole number, so that words, items or digits become points in space."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Arena, Array, Buffers, Shape
from engine.spec import EmbeddingSpec

PAIRS: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.float32): np.dtype(np.complex64),
    np.dtype(np.float64): np.dtype(np.complex128),
}
TORCH = """\
class Embedding(torch.nn.Embedding):
    def forward(self, x):
        return super().forward(x.long().clamp(0, self.num_embeddings - 1))
"""


class Embedding(Layer):
    """y[t] = W[x[t]] with W: (vocabulary, units); the inputs are numbers without fraction in the network's dtype.

    Numbers outside of the vocabulary count as its nearest. Whole numbers have no gradient: dx is 0.
    """

    y: Array
    bounded: Array
    indices: Array
    starts: Array  # where each vector begins in the flat table
    places: Array  # where each of its numbers lies
    dx: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Look up."""
        np.copyto(self.indices, np.minimum(x.real, self.vocabulary - 1, out=self.bounded), casting="unsafe")
        np.maximum(self.indices, 0, out=self.indices)
        return np.take(self.W, self.indices, axis=0, out=self.y, mode="clip")  # other modes buffer

    def backward(self, dy: Array) -> Array:
        """Add each dy[t] to dW[x[t]]: one flat scatter, which takes neither a sort nor memory.

        Adding up takes three to six times as long as forward, which only copies.
        """
        np.multiply(self.indices, len(self.columns), out=self.starts)
        np.add(self.starts[..., None], self.columns, out=self.places)
        self.dW.fill(0)
        np.add.at(self.dW.view(self.added).reshape(-1), self.places.reshape(-1), dy.view(self.added).reshape(-1))
        if not self.passes_gradient:
            return dy
        self.dx.fill(0)
        return self.dx

    def _together(self, dtype: np.dtype[Any]) -> int:
        """Return how many numbers are added at once: two, as one complex number, take half the time."""
        return 2 if self.units % 2 == 0 and dtype in PAIRS else 1

    def __init__(self, shape: Shape, spec: EmbeddingSpec, layer_id: LayerId) -> None:
        if len(shape) != 1:
            raise ShapeError(layer_id, f"takes a flat row of whole numbers, not {list(shape)}")
        super().__init__(shape, (*shape, spec.units), layer_id)
        self.vocabulary = spec.vocabulary
        self.units = spec.units

    def parameter_shapes(self) -> dict[str, Shape]:
        """One table."""
        return {"weight": (self.vocabulary, self.units)}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Keep the views."""
        self.W = values["weight"]
        if gradients is not None:
            self.dW = gradients["weight"]

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw vectors of length about 1: normal with variance 1 / units."""
        rng.standard_normal(dtype=self.W.dtype, out=self.W)
        self.W *= self.units**-0.5

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """The vectors and their indices; for training also the places to add gradients to."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        wanted["bounded"] = (self.input_shape, np.empty(0, dtype).real.dtype)  # the largest would not fit an index
        wanted["indices"] = (self.input_shape, np.intp)
        if training:
            wanted["starts"] = (self.input_shape, np.intp)
            wanted["places"] = ((*self.input_shape, self.units // self._together(dtype)), np.intp)
        if training and self.passes_gradient:
            wanted["dx"] = (self.input_shape, dtype)
        return wanted

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers; number what is added at once."""
        super().allocate(arena, capacity, dtype, training=training)
        self.columns = np.arange(self.units // self._together(dtype))
        self.added: np.dtype[Any] = PAIRS[dtype] if self._together(dtype) == 2 else dtype

    def flops(self) -> tuple[int, int]:
        """Nothing forward, an addition per number backward."""
        return 0, self.outputs

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"Embedding({self.vocabulary}, {self.units})"

    def torch_definitions(self) -> dict[str, str]:
        """PyTorch's layer, for numbers that come as floats."""
        return {"Embedding": TORCH}
