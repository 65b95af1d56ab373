"""Recurrent layers over sequences of different lengths: as if each row ended with its last time step."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer_id import LayerId
from engine.layers.mask import TORCH_PADDING, Mask
from engine.layers.recurrent.cell import Cell
from engine.layers.recurrent.recurrent import Recurrent
from engine.memory import Array, Buffers, Shape
from engine.spec import RecurrentSpec


class PaddedRecurrent(Recurrent):
    """Time steps after the end of a row change nothing, and their outputs are 0, as with PyTorch's packed sequences.

    States after the end are computed, because all rows advance together, but nothing reads them: their gradients are 0.
    A cell that goes backward reads each row from its own last time step: `order` reverses rows within their lengths.
    """

    order: Array  # (rows, time): where each time step is when the row is reversed; padding stays in its place
    at: Array  # the same, as indices of (rows * time)
    turned: Array
    turned_back: Array
    states: Array
    states_back: Array
    dstates: Array
    is_last: Array  # (steps, rows, 1)

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Return the states after the last time step of each row, (rows, units), or all, (rows, time, units)."""
        self._find_ends(len(x))
        for cell, columns, turns in zip(self.cells, self.columns, self.turns, strict=True):
            if turns:
                x_in = np.take(x.reshape(-1, x.shape[2]), self.at, axis=0, out=self.turned, mode="clip")
                states = cell.forward(x_in.reshape(x.shape))
            else:
                states = cell.forward(x)
            if self.spec.output == "last":
                for state, ends in zip(states, self.is_last, strict=True):
                    np.copyto(self.y[:, columns], state, where=ends)
            else:
                np.copyto(self.y[:, :, columns], self._turn(states.swapaxes(0, 1), turns=turns))
        if self.spec.output == "sequence":
            np.multiply(self.y, self.mask.valid[:, :, None], out=self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Give each state that is read its gradient, and sum what the cells return."""
        if self.spec.output == "sequence":
            np.multiply(dy, self.mask.valid[:, :, None], out=dy)
        for index, (cell, columns, turns) in enumerate(zip(self.cells, self.columns, self.turns, strict=True)):
            if self.spec.output == "last":
                np.multiply(self.is_last, dy[:, columns], out=self.dstates)
            else:
                np.copyto(self.dstates, self._turn(dy[:, :, columns], turns=turns).swapaxes(0, 1))
            dx = cell.backward(self.dstates)
            if self.passes_gradient:
                self._add_gradient(dx, first=index == 0, turns=turns)
        return self.dx if self.passes_gradient else dy

    def _add_gradient(self, dx: Array, *, first: bool, turns: bool) -> None:
        """Add the gradient of one direction to dx; the first one is copied."""
        if turns:
            np.copyto(self.turned.reshape(dx.shape), dx)
            dx = np.take(self.turned, self.at, axis=0, out=self.turned_back, mode="clip").reshape(dx.shape)
        np.copyto(self.dx, dx) if first else np.add(self.dx, dx, out=self.dx)

    def _turn(self, values: Array, *, turns: bool) -> Array:
        """Return (rows, time, units) reversed within the lengths, or as it is."""
        if not turns:
            return values
        np.copyto(self.states, values)
        flat = self.states.reshape(-1, self.spec.units)
        return np.take(flat, self.at, axis=0, out=self.states_back, mode="clip").reshape(values.shape)

    def _find_ends(self, rows: int) -> None:
        """Find which time step is the last of each row, and the order of reversed rows."""
        mask = self.mask
        np.equal(mask.numbers[:, None, None], mask.lengths, out=self.is_last)
        np.subtract(mask.lengths, mask.numbers, out=self.order)
        np.copyto(self.order, self.steps, where=mask.ended)
        np.add(self.order, self.firsts[:rows], out=self.order)

    def __init__(self, shape: Shape, spec: RecurrentSpec, layer_id: LayerId, kind: type[Cell], mask: Mask) -> None:
        super().__init__(shape, spec, layer_id, kind)
        self.mask = mask
        self.turns = [cell.order.step == -1 for cell in self.cells]
        for cell in self.cells:
            cell.order = slice(None, None, 1)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare the order of reversed rows, and the states and inputs in that order."""
        time, features = self.input_shape
        wanted = super().buffers(dtype, training=training)
        wanted |= {"order": ((time,), np.intp), "is_last": ((time,), np.bool_)}
        if any(self.turns):
            wanted |= dict.fromkeys(("turned", "turned_back"), ((time, features), dtype))
            wanted |= dict.fromkeys(("states", "states_back"), ((time, self.spec.units), dtype))
        if training:
            wanted["dstates"] = ((time, self.spec.units), dtype)
        return wanted

    def allocate(self, arena: Any, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the numbers of the time steps, and the index of the first one of each row."""
        super().allocate(arena, capacity, dtype, training=training)
        time = self.input_shape[0]
        self.steps = arena.full((time,), np.intp, lambda shape: np.arange(*shape))
        self.firsts = arena.full((capacity, 1), np.intp, lambda shape: time * np.arange(shape[0])[:, None])

    def resize(self, rows: int) -> None:
        """Also create the views by time step, and by time step of every row."""
        super().resize(rows)
        self.at = self.order.reshape(-1)
        self.is_last = self.is_last.reshape(-1, rows, 1)
        if any(self.turns):
            self.turned, self.turned_back, self.states_back = (
                each.reshape(len(self.at), -1) for each in (self.turned, self.turned_back, self.states_back)
            )
        if "dstates" in self._allocated:
            self.dstates = self.dstates.reshape(-1, rows, self.spec.units)

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"Padded{super().torch_code()}"

    def torch_definitions(self) -> dict[str, str]:
        """Return a class around PyTorch's layer that packs the sequences."""
        name = f"Padded{self.torch_class}"
        return {"Padding": TORCH_PADDING, name: TORCH.format(name=name, base=self.torch_class)}


TORCH = """\
class {name}(torch.nn.{base}):
    def __init__(self, features, units, last=True, backward=False, bidirectional=False):
        super().__init__(features, units, batch_first=True, bidirectional=bidirectional)
        self.last, self.backward = last, backward

    def turn(self, x):
        time = torch.arange(x.shape[1], device=x.device)
        at = torch.where(Padding.valid, Padding.lengths[:, None] - 1 - time, time)
        return x.gather(1, at[:, :, None].expand_as(x)) if self.backward else x

    def forward(self, x):
        nn = torch.nn.utils.rnn
        packed = nn.pack_padded_sequence(self.turn(x), Padding.lengths.cpu(), batch_first=True, enforce_sorted=False)
        y = nn.pad_packed_sequence(super().forward(packed)[0], batch_first=True, total_length=x.shape[1])[0]
        if self.last:
            last = y[torch.arange(len(x), device=x.device), Padding.lengths - 1, : self.hidden_size]
            return torch.cat([last, y[:, 0, self.hidden_size :]], 1)
        return self.turn(y)
"""
