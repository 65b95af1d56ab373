"""Branches: stacks of layers that read the same input, and whose outputs are joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.layers.sequential import Sequential, parted
from engine.memory import Arena, Array, Buffers, Shape


class Parallel(Layer):
    """The outputs of several branches, side by side or added.

    Features or channels are joined: the last axis of rows and sequences, the first one of images.
    """

    y: Array
    dx: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Run each branch, and copy or add its output. No branch overwrites `x`."""
        for index, (branch, part) in enumerate(zip(self.branches, self.parts, strict=True)):
            y = branch.forward(x, dropout)
            if index and not self.concatenates:
                np.add(self.y, y, out=self.y)
            else:
                np.copyto(self.y[part], y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Give each branch its part of dy, and add what the branches return."""
        for index, (branch, part) in enumerate(zip(self.branches, self.parts, strict=True)):
            own = getattr(self, f"dy{index}")
            np.copyto(own, dy[part])
            dx = branch.backward(own)
            if self.passes_gradient:
                np.add(self.dx, dx, out=self.dx) if index else np.copyto(self.dx, dx)
        return self.dx if self.passes_gradient else dy

    def __init__(self, branches: Sequence[Sequential], join: str, shape: Shape, layer_id: LayerId) -> None:
        self.branches, self.concatenates = tuple(branches), join == "concatenate"
        super().__init__(shape, self._joined_shape(layer_id), layer_id)
        self.axis = 0 if len(self.output_shape) == 3 else -1
        stop, self.parts = 0, list[Any]()
        for branch in self.branches:
            start, stop = stop, stop + branch.output_shape[self.axis]
            whole = slice(start, stop) if self.concatenates else slice(None)
            self.parts.append(whole if self.axis == 0 else (..., whole))

    def _joined_shape(self, layer_id: LayerId) -> Shape:
        """Return the shape of the output. Raises ShapeError if the branches do not fit."""
        shapes = [branch.output_shape for branch in self.branches]
        if self.concatenates:
            others = {(len(shape), shape[1:] if len(shape) == 3 else shape[:-1]) for shape in shapes}
            if len(others) == 1:
                first = shapes[0]
                total = sum(shape[0 if len(shape) == 3 else -1] for shape in shapes)
                return (total, *first[1:]) if len(first) == 3 else (*first[:-1], total)
        elif len(set(shapes)) == 1:
            return shapes[0]
        wanted = "may differ in features or channels only" if self.concatenates else "must be equal"
        found = ", ".join(str(list(shape)) for shape in shapes)
        raise ShapeError(layer_id, f"the outputs of the branches {wanted}, but their shapes are {found}")

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of all branches: "branches.b.n.name"."""
        return {
            f"branches.{number}.{name}": shape
            for number, branch in enumerate(self.branches)
            for name, shape in branch.parameter_shapes().items()
        }

    def statistic_shapes(self) -> dict[str, Shape]:
        """Return the shapes of all branches."""
        return {
            f"branches.{number}.{name}": shape
            for number, branch in enumerate(self.branches)
            for name, shape in branch.statistic_shapes().items()
        }

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Give the branches their views."""
        own, own_gradients = (parted(parted(given or {}).get("branches", {})) for given in (values, gradients))
        for number, branch in enumerate(self.branches):
            part = str(number)
            branch.bind(own.get(part, {}), None if gradients is None else own_gradients.get(part, {}))

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the weights, branch by branch."""
        for branch in self.branches:
            branch.initialize(rng)

    def share_memory(self) -> None:
        """Note it in the branches."""
        for branch in self.branches:
            branch.share_memory()

    def stop_gradient(self) -> None:
        """Also do so in the branches."""
        super().stop_gradient()
        for branch in self.branches:
            branch.stop_gradient()

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the joined output; for training a copy of each part of dy, and the sum of dx."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        if training:
            wanted |= {f"dy{number}": (branch.output_shape, dtype) for number, branch in enumerate(self.branches)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the memory of the branches."""
        super().allocate(arena, capacity, dtype, training=training)
        for branch in self.branches:
            branch.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize the branches."""
        super().resize(rows)
        for branch in self.branches:
            branch.resize(rows)

    def flops(self) -> tuple[int, int]:
        """Sum over the branches, plus the additions."""
        forward, backward = (sum(each) for each in zip(*(branch.flops() for branch in self.branches), strict=True))
        added = len(self.branches) - 1
        return forward + added * self.outputs * (not self.concatenates), backward + added * (
            self.passes_gradient * self.inputs
        )

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        branches = ", ".join(branch.torch_code() for branch in self.branches)
        return f"Parallel([{branches}], concatenate={self.concatenates})"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class of the layer, and those of the branches."""
        found = {"Parallel": TORCH}
        for branch in self.branches:
            found |= branch.torch_definitions()
        return found


class Select(Layer):
    """Some neighboring features of each row or time step: y = x[..., start:stop]."""

    y: Array
    dx: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Copy the features."""
        np.copyto(self.y, x[..., self.part])
        return self.y

    def backward(self, dy: Array) -> Array:
        """Copy the gradient to its place; that of other features is 0."""
        if not self.passes_gradient:
            return dy
        self.dx.fill(0)
        np.copyto(self.dx[..., self.part], dy)
        return self.dx

    def __init__(self, start: int, stop: int, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) == 3:
            raise ShapeError(layer_id, "selects features of rows or time steps, not of images")
        if stop > shape[-1]:
            raise ShapeError(layer_id, f"there are {shape[-1]} features, so `stop` can be at most {shape[-1]}")
        super().__init__(shape, (*shape[:-1], stop - start), layer_id)
        self.part = slice(start, stop)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output, and for training dx."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def flops(self) -> tuple[int, int]:
        """Nothing is computed."""
        return 0, 0

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"Select({self.part.start}, {self.part.stop})"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class of the layer."""
        return {"Select": TORCH_SELECT}


TORCH = """\
class Parallel(torch.nn.Module):
    def __init__(self, branches, concatenate):
        super().__init__()
        self.branches, self.concatenate = torch.nn.ModuleList(branches), concatenate

    def forward(self, x):
        outputs = [branch(x) for branch in self.branches]
        return torch.cat(outputs, 1 if outputs[0].ndim == 4 else -1) if self.concatenate else sum(outputs)
"""
TORCH_SELECT = """\
class Select(torch.nn.Module):
    def __init__(self, start, stop):
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x):
        return x[..., self.start : self.stop]
"""
