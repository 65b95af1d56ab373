"""Embedding: look up a learned vector for each whole number, such as a word or an item."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.layers.mask import TORCH_PADDING, Mask
from engine.memory import Arena, Array, Buffers, Shape
from engine.spec import EmbeddingSpec

COMPLEX: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.float32): np.dtype(np.complex64),
    np.dtype(np.float64): np.dtype(np.complex128),
}


class Embedding(Layer):
    """y[t] = W[x[t]] with W: (vocabulary, units). Inputs are whole numbers in the dtype of the network.

    Numbers outside of the vocabulary count as the nearest number in it. Whole numbers have no gradient: dx is 0.
    """

    y: Array
    clamped: Array
    indices: Array
    starts: Array  # of each vector in the flat table
    flat_indices: Array  # of each number of each vector
    dx: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Look up the vectors."""
        np.copyto(self.indices, np.minimum(x.real, self.vocabulary - 1, out=self.clamped), casting="unsafe")
        np.maximum(self.indices, 0, out=self.indices)
        if self.mask and self.padding is not None:
            np.not_equal(self.indices, self.padding, out=self.mask.steps)
            self.mask.update()
        return np.take(self.W, self.indices, axis=0, out=self.y, mode="clip")  # other modes buffer

    def backward(self, dy: Array) -> Array:
        """Add each dy[t] to dW[x[t]] with one flat scatter, which needs no sort and no memory.

        This takes three to six times as long as forward, which only copies.
        """
        np.multiply(self.indices, len(self.columns), out=self.starts)
        np.add(self.starts[..., None], self.columns, out=self.flat_indices)
        self.dW.fill(0)
        np.add.at(
            self.dW.view(self.add_dtype).reshape(-1), self.flat_indices.reshape(-1), dy.view(self.add_dtype).reshape(-1)
        )
        if self.padding is not None:
            self.dW[self.padding] = 0
        if not self.passes_gradient:
            return dy
        self.dx.fill(0)
        return self.dx

    def _numbers_per_add(self, dtype: np.dtype[Any]) -> int:
        """Return how many numbers are added at a time: two as one complex number take half the time."""
        return 2 if self.units % 2 == 0 and dtype in COMPLEX else 1

    def __init__(self, spec: EmbeddingSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 1:
            raise ShapeError(layer_id, f"takes a flat row of whole numbers, not {list(shape)}")
        super().__init__(shape, (*shape, spec.units), layer_id)
        self.vocabulary = spec.vocabulary
        self.units = spec.units
        self.padding = spec.padding
        self.mask = None if spec.padding is None else Mask(*shape)

    def output_mask(self, mask: Mask | None) -> Mask | None:  # noqa: ARG002 - whole numbers have none
        """Return the mask of the padding, if there is any."""
        return self.mask

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shape of the table."""
        return {"weight": (self.vocabulary, self.units)}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        self.W = values["weight"]
        if gradients is not None:
            self.dW = gradients["weight"]

    def is_vector(self, name: str) -> bool:  # noqa: ARG002 - all are
        """Return True: the table is looked up."""
        return True

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw vectors of length about 1: normal with variance 1 / units."""
        rng.standard_normal(dtype=self.W.dtype, out=self.W)
        self.W *= self.units**-0.5
        if self.padding is not None:
            self.W[self.padding] = 0

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the vectors and their indices; for training also the flat indices of their numbers."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        wanted["clamped"] = (self.input_shape, np.empty(0, dtype).real.dtype)  # numbers may be too large for an index
        wanted["indices"] = (self.input_shape, np.intp)
        if training:
            wanted["starts"] = (self.input_shape, np.intp)
            wanted["flat_indices"] = ((*self.input_shape, self.units // self._numbers_per_add(dtype)), np.intp)
        if training and self.passes_gradient:
            wanted["dx"] = (self.input_shape, dtype)
        return wanted

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also set the dtype of the additions, and the column indices of a vector in that dtype."""
        super().allocate(arena, capacity, dtype, training=training)
        if self.mask:
            self.mask.allocate(arena, capacity, dtype, training=training)
        self.columns = np.arange(self.units // self._numbers_per_add(dtype))
        self.add_dtype: np.dtype[Any] = COMPLEX[dtype] if self._numbers_per_add(dtype) == 2 else dtype

    def resize(self, rows: int) -> None:
        """Also resize the mask."""
        super().resize(rows)
        if self.mask:
            self.mask.resize(rows)

    def flops(self) -> tuple[int, int]:
        """Nothing forward, an addition per number backward."""
        return 0, self.outputs

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        sizes = f"{self.vocabulary}, {self.units}"
        return f"Embedding({sizes})" if self.padding is None else f"PaddedEmbedding({sizes}, {self.padding})"

    def torch_definitions(self) -> dict[str, str]:
        """Return a class around PyTorch's layer, for numbers that arrive as floats."""
        if self.padding is None:
            return {"Embedding": TORCH}
        return {"Padding": TORCH_PADDING, "PaddedEmbedding": TORCH_PADDED}


TORCH = """\
class Embedding(torch.nn.Embedding):
    def forward(self, x):
        return super().forward(x.long().clamp(0, self.num_embeddings - 1))
"""
TORCH_PADDED = """\
class PaddedEmbedding(torch.nn.Embedding):
    def __init__(self, vocabulary, units, padding):
        super().__init__(vocabulary, units, padding_idx=padding)

    def forward(self, x):
        x = x.long().clamp(0, self.num_embeddings - 1)
        Padding.set(x != self.padding_idx)
        return super().forward(x)
"""
