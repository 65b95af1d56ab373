"""Periodic embedding: learned waves of some numbers of a row, beside the row itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Constants, Image, Shape
from engine.spec import PeriodicEmbeddingSpec

FREQUENCY_STDDEV = 2 * math.pi * 0.1  # of initial frequencies: most waves are longer than the range of a scaled number


class PeriodicEmbedding(Layer):
    """y = (x, V_1 cos(f_1 x_1 + p_1), V_2 cos(f_2 x_2 + p_2), ...) for the numbers x_1, x_2, ... of some columns.

    Each has its own frequencies f and phases p: (frequencies,), and V: (size, frequencies). The parameters are stacked.
    Gorishniy et al., 2022, "On Embeddings for Numerical Features", in the form of Holzmüller et al., 2024.
    """

    y: Array
    taken: Array  # (rows, columns)
    u: Array  # (columns, rows)
    angles: Array  # (columns, frequencies, rows)
    waves: Array
    parts: Array  # (columns, size, rows)
    dx: Array
    du: Array
    ones: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Compute the waves of all rows of a column side by side; their sums are one product per column."""
        x.take(self.columns, 1, self.taken, "clip")
        np.copyto(self.u, self.taken.T)
        np.multiply(self.u[:, None, :], self.f[:, :, None], out=self.angles)
        np.add(self.angles, self.p[:, :, None], out=self.angles)
        np.cos(self.angles, out=self.waves)
        np.matmul(self.V, self.waves, out=self.parts)
        self.y[:, : self.inputs] = x
        self.y[:, self.inputs :] = self.parts.reshape(-1, len(x)).T
        return self.y

    def backward(self, dy: Array) -> Array:
        """Write dV = dv cos'. With s = -V' dv sin, df and dp are the sums of s x and s over the rows; dx adds f s."""
        np.copyto(self.parts.reshape(-1, len(dy)), dy[:, self.inputs :].T)
        np.matmul(self.parts, self.waves.transpose(0, 2, 1), out=self.dV)
        slopes = np.matmul(self.V.transpose(0, 2, 1), self.parts, out=self.waves)
        np.multiply(slopes, np.sin(self.angles, out=self.angles), out=slopes)
        np.negative(np.matmul(slopes, self.u[:, :, None], out=self.df[:, :, None]), out=self.df[:, :, None])
        slopes.reshape(-1, len(dy)).dot(self.ones, self.dp)
        np.negative(self.dp, out=self.dp)
        return self._input_gradient(dy, slopes) if self.passes_gradient else dy

    def _input_gradient(self, dy: Array, slopes: Array) -> Array:
        np.copyto(self.dx, dy[:, : self.inputs])
        np.matmul(self.f[:, None, :], slopes, out=self.du[:, None, :])
        for column, du in zip(self.columns, self.du, strict=True):
            part = self.dx[:, column]
            np.subtract(part, du, out=part)
        return self.dx

    def __init__(self, spec: PeriodicEmbeddingSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 1:
            raise ShapeError(layer_id, f"takes a flat row, not {list(shape)}")
        if spec.columns[-1] >= shape[0]:
            raise ShapeError(layer_id, f"column {spec.columns[-1]} is out of range for rows of {shape[0]} numbers")
        self.count, self.frequencies, self.size = len(spec.columns), spec.frequencies, spec.size
        super().__init__(shape, (shape[0] + self.count * self.size,), layer_id)
        self.columns = np.array(spec.columns)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes for all columns together. Frequencies and phases are flat, so that they do not decay."""
        waves = (self.count * self.frequencies,)
        return {"weight": (self.count * self.size, self.frequencies), "frequency": waves, "phase": waves}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store views with an axis for the columns."""
        waves, sums = (self.count, self.frequencies), (self.count, self.size, self.frequencies)
        self.f, self.p = values["frequency"].reshape(waves), values["phase"].reshape(waves)
        self.V = values["weight"].reshape(sums)
        if gradients is not None:
            self.df, self.dp = gradients["frequency"].reshape(waves), gradients["phase"]
            self.dV = gradients["weight"].reshape(sums)

    def is_vector(self, name: str) -> bool:
        """Return True for frequencies and phases, which are not weights of a sum."""
        return name != "weight"

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw normal frequencies, uniform phases, and weights with which the sums have the variance 1/2."""
        rng.standard_normal(dtype=self.f.dtype, out=self.f)
        self.f *= FREQUENCY_STDDEV
        rng.random(dtype=self.p.dtype, out=self.p)
        np.multiply(np.subtract(self.p, 0.5, out=self.p), 2 * math.pi, out=self.p)
        rng.standard_normal(dtype=self.V.dtype, out=self.V)
        self.V /= math.sqrt(self.frequencies)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output, the waves and their sums, and for training dx. The rows are the last axis of waves."""
        wanted: Buffers = {"y": (self.output_shape, dtype), "taken": ((self.count,), dtype)}
        waves = Image((self.count, self.frequencies))
        wanted |= {"u": (Image((self.count,)), dtype), "angles": (waves, dtype), "waves": (waves, dtype)}
        wanted["parts"] = (Image((self.count, self.size)), dtype)
        if training and self.passes_gradient:
            wanted |= {"dx": (self.input_shape, dtype), "du": (Image((self.count,)), dtype)}
        return wanted

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:
        """Declare ones to sum rows with."""
        return {"ones": ((), dtype, 1)} if training else {}

    def flops(self) -> tuple[int, int]:
        """A multiply-add, a cosine and a product per wave; backward a sine, two products, and sums over the rows."""
        waves, product = self.count * self.frequencies, 2 * self.count * self.frequencies * self.size
        return 3 * waves + product, (5 + 2 * self.passes_gradient) * waves + 2 * product

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"PeriodicEmbedding({self.columns.tolist()}, {self.frequencies}, {self.size})"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class: PyTorch has no such layer."""
        return {"PeriodicEmbedding": TORCH}


TORCH = """\
class PeriodicEmbedding(torch.nn.Module):
    def __init__(self, columns, frequencies, size):
        super().__init__()
        self.columns, self.shape = columns, (len(columns), frequencies)
        self.weight = torch.nn.Parameter(torch.zeros(len(columns) * size, frequencies))
        self.frequency = torch.nn.Parameter(torch.zeros(len(columns) * frequencies))
        self.phase = torch.nn.Parameter(torch.zeros(len(columns) * frequencies))

    def forward(self, x):
        frequency, phase = self.frequency.view(self.shape), self.phase.view(self.shape)
        waves = torch.cos(x[:, self.columns, None] * frequency + phase)
        weight = self.weight.view(self.shape[0], -1, self.shape[1])
        return torch.cat([x, torch.einsum("rck,csk->rcs", waves, weight).flatten(1)], 1)
"""
