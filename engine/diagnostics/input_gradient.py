"""Gradients of a network's outputs with respect to its inputs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.layers.embedding.column_embedding import ColumnEmbedding
from engine.layers.embedding.embedding import Embedding
from engine.memory import Array
from engine.network import BLOCK_ROWS, Network


class InputGradient:
    """A copy of a network that runs backward down to its inputs, in inference mode.

    Category numbers have no gradient. If the first layer looks up embeddings, the gradient ends at the vectors: the
    points z at which it is computed are the outputs of that layer. Otherwise they are the inputs themselves.
    """

    def __init__(self, network: Network) -> None:
        self.network = Network(
            network.specs,
            inputs=network.inputs,
            outputs=network.output_shape,
            loss=network.loss.spec,
            precision=network.precision,
            input_gradient=True,
        )
        self.network.load_torch_state(network.torch_state())
        self.network.allocate(BLOCK_ROWS, training=True)
        first = self.network.layers[0]
        self.lookup = first if isinstance(first, Embedding | ColumnEmbedding) else None
        self._layers = self.network.layers[1:] if self.lookup else self.network.layers

    def points(self, x: Array) -> Array:
        """Return z: (rows, width) float64 for inputs x: (rows, inputs)."""
        if self.lookup is None:
            return x.astype(np.float64)
        x = np.ascontiguousarray(x, self.network.dtype)
        found = np.empty((len(x), self.lookup.outputs))
        for start in range(0, len(x), BLOCK_ROWS):
            block = x[start : start + BLOCK_ROWS]
            self.network.resize(len(block))
            found[start : start + BLOCK_ROWS] = self.lookup.forward(block, None).reshape(len(block), -1)
        return found

    def mean_point(self, means: Array, shares: Mapping[int, Array]) -> Array:
        """Return the mean of `points` over rows, (width,), from the means (inputs,) of their inputs.

        `shares`: for each input that is a category number, how often each category occurs, (categories,).
        """
        if self.lookup is None:
            return np.asarray(means, np.float64)
        if isinstance(self.lookup, Embedding):
            weights = self.lookup.W.astype(np.float64)
            return np.concatenate([shares[column] @ weights for column in range(self.lookup.inputs)])
        mean = np.empty(self.lookup.outputs)
        for before, after in self.lookup.copied:
            mean[after] = means[before]
        for column, table, part in zip(self.lookup.columns, self.lookup.tables, self.lookup.embedded, strict=True):
            mean[part] = shares[column] @ table.W.astype(np.float64)
        return mean

    def outputs(self, z: Array) -> Array:
        """Return probabilities or values (rows, *output_shape) float64 at up to BLOCK_ROWS points z: (rows, width)."""
        self.network.resize(len(z))
        y = np.ascontiguousarray(z, self.network.dtype).reshape(len(z), *self._layers[0].input_shape)
        with np.errstate(all="ignore"):
            for layer in self._layers:
                y = layer.forward(y, None)
            self._outputs = self.network.loss.activate(y.copy())
        return self._outputs.astype(np.float64)

    def backward(self, dy: Array) -> Array:
        """Return dz: (rows, width) at the points of the last `outputs`, for the gradient `dy` of those outputs."""
        with np.errstate(all="ignore"):
            dz = self.network.loss.activation_gradient(self._outputs, dy.astype(self.network.dtype))
            dz = np.ascontiguousarray(dz)
            for layer in reversed(self._layers):
                dz = layer.backward(dz)
        return dz.reshape(len(dz), -1).astype(np.float64)

    def by_input(self, parts: Array) -> Array:
        """Return (rows, inputs) from numbers per part of a point (rows, width): those of one vector are added up."""
        if self.lookup is None:
            return parts
        if isinstance(self.lookup, Embedding):
            sums: Array = parts.reshape(len(parts), self.lookup.inputs, -1).sum(axis=2)
            return sums
        found = np.empty((len(parts), self.lookup.inputs))
        for before, after in self.lookup.copied:
            found[:, before] = parts[:, after]
        for column, part in zip(self.lookup.columns, self.lookup.embedded, strict=True):
            found[:, column] = parts[:, part].sum(axis=1)
        return found
