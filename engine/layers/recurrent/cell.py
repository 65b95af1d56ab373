"""The base class of recurrent cells, which process a sequence time step by time step in one direction.

The cells (`lstm.py`, `gru.py`) work on time-major arrays, in which a time step is contiguous, and in it the numbers of
a gate. Their parameters are PyTorch's. For each batch these are copied into one matrix

    V = [weight_ih, bias_ih, weight_hh, bias_hh]: (4 units, features + 1 + units + 1)

of four blocks of rows. So a time step with inputs x and previous state h costs one product per block,
a = [x, 1, h, 1] V', and the gradient of all parameters over all time steps costs one more. The rows of V are scaled:
with a minus sign in V, 1 / (1 + exp(a)) is the sigmoid.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from itertools import repeat
from typing import Any, ClassVar, TypeAlias

import numpy as np

from engine import initializers
from engine.memory import Arena, Array, Buffers, RowBuffers, Shape

Blocks: TypeAlias = tuple[tuple[int, int, int], ...]  # gates a to b are in block c and following
Copy: TypeAlias = tuple[tuple[slice, slice], Array, Array, Array]  # rows and columns of V, scales, parameter, gradient
BLOCKS = 4  # of rows of V, as many rows each as the state has numbers


class Cell(RowBuffers):
    """One direction of a recurrent layer. Subclasses compute the time steps."""

    gates: ClassVar[int]  # blocks of rows of each parameter
    scales: ClassVar[tuple[int, ...]]  # of the rows of each block
    blocks: ClassVar[tuple[Blocks, Blocks]]  # of the weights and biases of inputs, and of those of the state
    cost: ClassVar[tuple[int, int]]  # operations per unit and time step without products, forward and backward
    inputs: Array  # (steps + 1, rows, features + 1 + units + 1): [x, 1, h, 1]
    a: Array  # (steps, 4, rows, units)
    da: Array  # (steps, rows, 4 units): its gradient, written over it
    work: Array
    dx: Array

    def forward(self, x: Array) -> Array:
        """Return the state after each time step, (steps, rows, units), for `x: (rows, steps, features)`."""
        for part, scale, parameter, _ in self.copies:
            np.multiply(parameter, scale, out=self.V[part])
        np.copyto(self.W, self.V.reshape(BLOCKS, self.units, -1).swapaxes(1, 2))
        np.copyto(self.inputs[:-1, :, : self.features], x[:, self.order].swapaxes(0, 1))
        self.run()
        return self.inputs[1:, :, self.state]

    @abstractmethod
    def run(self) -> None:
        """Compute the states one after the other, and write them to `inputs`."""

    def backward(self, dy: Array) -> Array:
        """Write the gradients of the parameters and return dx, (rows, steps, features).

        `dy: (n, rows, units)` are the gradients of the last n states, n = 1 or all.
        """
        np.copyto(self.Vh, self.V[:, self.state])
        self.run_back(dy)
        da = self.da.reshape(-1, len(self.V))
        da.T.dot(self.inputs[:-1].reshape(len(da), -1), self.dV)
        for part, scale, _, gradient in self.copies:
            np.multiply(self.dV[part], scale, out=gradient)
        if self.passes_gradient:
            da.dot(self.V[:, : self.features], self.dx.reshape(len(da), -1))
            return self.dx[self.order].swapaxes(0, 1)
        return dy

    @abstractmethod
    def run_back(self, dy: Array) -> None:
        """Write `da` from the last time step to the first; `dy` is the same as for `backward`."""

    def gradient_by_block(self, step: int) -> Array:
        """Return `da` of a time step as (4, rows, units)."""
        by_row: Array = self.da[step].reshape(-1, BLOCKS, self.units)
        return by_row.swapaxes(0, 1)

    def _copies(self) -> Iterator[Copy]:
        """Yield which parameter is where in V."""
        of_inputs, of_state = self.blocks
        yield from self._copies_of("weight_ih", slice(0, self.features), of_inputs)
        yield from self._copies_of("bias_ih", slice(self.features, self.features + 1), of_inputs)
        yield from self._copies_of("weight_hh", self.state, of_state)
        yield from self._copies_of("bias_hh", slice(self.state.stop, self.state.stop + 1), of_state)

    def _copies_of(self, part: str, columns: slice, blocks: Blocks) -> Iterator[Copy]:
        scales = np.repeat(np.asarray(self.scales, self.V.dtype), self.units)[:, None]
        value, gradient = (views[self.name(part)] for views in (self.values, self.gradients or self.values))
        for first, last, block in blocks:
            gates = slice(first * self.units, last * self.units)
            rows = slice(block * self.units, (block + last - first) * self.units)
            views = [whole[gates].reshape(gates.stop - gates.start, -1) for whole in (value, gradient)]
            yield (rows, columns), scales[rows], views[0], views[1]

    def __init__(self, shape: Shape, units: int, suffix: str, *, backward: bool) -> None:
        super().__init__()
        self.steps, self.features = shape
        self.units = units
        self.suffix = suffix
        self.order = slice(None, None, -1 if backward else 1)
        self.state = slice(self.features + 1, self.features + 1 + units)  # where h is in `inputs`
        self.passes_gradient = True

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the weights and biases of inputs ("ih") and state ("hh")."""
        rows = self.gates * self.units
        shapes: dict[str, Shape] = {"weight_ih": (rows, self.features), "weight_hh": (rows, self.units)}
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        return {self.name(part): shape for part, shape in shapes.items()}

    def name(self, part: str) -> str:
        """Return PyTorch's name of a parameter."""
        return f"{part}_l0{self.suffix}"

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views of the parameters and of their gradients."""
        self.values, self.gradients = values, gradients

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw input weights with Glorot and recurrent weights orthogonal, gate by gate; set biases to zero."""
        for gate in range(self.gates):
            rows = slice(gate * self.units, (gate + 1) * self.units)
            initializers.fill(self.values[self.name("weight_ih")][rows], "glorot_uniform", rng)
            initializers.fill(self.values[self.name("weight_hh")][rows], "orthogonal", rng)
        self.values[self.name("bias_ih")].fill(0)
        self.values[self.name("bias_hh")].fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare what backward needs of each time step (in inference mode, of one), and memory for one time step."""
        kept = self.steps if training else 1
        wanted: Buffers = {
            "inputs": ((self.steps + 1, self.features + 1 + self.units + 1), dtype),
            "a": ((kept, BLOCKS, self.units), dtype),
            "work": ((self.units,), dtype),
        }
        if training and self.passes_gradient:
            wanted["dx"] = ((self.steps, self.features), dtype)
        return wanted

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate V, its gradient, and copies of it in the layouts that multiply fastest."""
        rows, columns = BLOCKS * self.units, self.features + 1 + self.units + 1
        self.V = arena.full((rows, columns), dtype, 0)
        self.W = arena.empty((BLOCKS, columns, self.units), dtype)
        if training:
            self.dV = arena.empty((rows, columns), dtype)
            self.Vh = arena.empty((rows, self.units), dtype)
        self.one = np.ones((), dtype)
        self.training = training
        self.copies = list(self._copies())
        super().allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Create views with `rows` rows as the axis before the last: (steps, rows, numbers)."""
        for name, whole in self._allocated.items():
            shape = (*whole.shape[1:-1], rows, whole.shape[-1])
            setattr(self, name, whole.reshape(-1)[: math.prod(shape)].reshape(shape))
        self.da = self.a.reshape(len(self.a), rows, -1)
        self.inputs[:, :, [self.features, -1]] = 1
        self.inputs[0, :, self.state] = 0
        self.views_by_step = [self.step_views(step) for step in range(self.steps)]

    @abstractmethod
    def step_views(self, step: int) -> tuple[Array, ...]:
        """Return the views that one time step works on. They are made once, so that steps do not slice."""

    def flops(self) -> tuple[int, int]:
        """Return operations per row: one product forward; those for V, h and x backward. Zero blocks count too."""
        rows, columns = BLOCKS * self.units, self.features + 1 + self.units + 1
        back = columns + self.units + self.passes_gradient * self.features
        forward, backward = (cost * self.units for cost in self.cost)
        return self.steps * (2 * rows * columns + forward), self.steps * (2 * rows * back + backward)


def previous(dy: Array, steps: int) -> Iterator[Array | None]:
    """Yield from last to first what `dy` adds to the gradient of each state."""
    yield from dy[::-1]
    yield from repeat(None, steps - len(dy))
