"""GRU: a recurrent cell with a gate that controls how much of its state is replaced."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer_id import LayerId
from engine.layers.recurrent.cell import Cell, previous
from engine.layers.recurrent.recurrent import Recurrent
from engine.memory import Array, Buffers, Shape
from engine.spec import GruSpec


class Gru(Cell):
    """h' = n + z (h - n), with n = tanh(u + r v) and gates r, z = sigmoid(a).

    Cho et al., 2014, in PyTorch's form: u and v are the contributions of inputs and state to n, with a bias each. So
    the blocks of a are r, z, u, v, and V is zero for the state in u and for the inputs in v.
    """

    gates = 3
    scales = (-1, -1, 1, 1)
    blocks = ((0, 3, 0),), ((0, 2, 0), (2, 3, 3))
    cost = (12, 17)
    n: Array
    dh: Array
    direct: Array
    dblocks: Array
    slopes: Array

    def run(self) -> None:
        """Compute gates, candidate n and state h, time step by time step."""
        W, one, work = self.W, self.one, self.work
        for x, a, gates, r, z, u, v, n, before, h, _ in self.views_by_step:
            np.matmul(x, W, a)
            np.exp(gates, gates)
            np.add(gates, one, gates)
            np.divide(one, gates, gates)
            np.multiply(r, v, n)
            np.add(n, u, n)
            np.tanh(n, n)
            np.subtract(before, n, work)
            np.multiply(z, work, work)
            np.add(n, work, h)

    def run_back(self, dy: Array) -> None:
        """Go back from the last time step; dh is the gradient of its state.

        dz = dh (h - n); du = dh (1 - z) (1 - n^2); dr = du v; dv = du r. dr and dz are multiplied by the slope of the
        sigmoid in a, which is a^2 - a because V is negated there. dh z + da V is the gradient of the state before.
        """
        one, work, slopes, dblocks, dh, direct = self.one, self.work, self.slopes, self.dblocks, self.dh, self.direct
        (dr, dz, du, dv), dgates, dcandidate = dblocks, dblocks[:2], dblocks[2:]
        dh.fill(0)
        for dy_t, da, views in zip(previous(dy, self.steps), self.da[::-1], reversed(self.views_by_step), strict=True):
            _, _, gates, r, z, _, v, n, before, _, da_by_block = views
            if dy_t is not None:
                np.add(dh, dy_t, dh)
            np.subtract(before, n, work)
            np.multiply(dh, work, dz)
            np.multiply(dh, z, direct)
            np.subtract(dh, direct, dh)
            np.multiply(n, n, work)
            np.subtract(one, work, work)
            np.multiply(dh, work, du)
            np.multiply(du, v, dr)
            np.multiply(du, r, dv)
            np.multiply(gates, gates, slopes)
            np.subtract(slopes, gates, slopes)
            np.multiply(dgates, slopes, da_by_block[:2])
            np.copyto(da_by_block[2:], dcandidate)
            da.dot(self.Vh, dh)
            np.add(dh, direct, dh)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare n of each time step, and for training the gradients of one time step."""
        units = self.units
        shapes: dict[str, Shape] = {"n": (self.steps if training else 1, units)}
        if training:
            shapes |= {"dh": (units,), "direct": (units,), "dblocks": (4, units), "slopes": (2, units)}
        return super().buffers(dtype, training=training) | {name: (shape, dtype) for name, shape in shapes.items()}

    def step_views(self, step: int) -> tuple[Array, ...]:
        """Return inputs, a, its gates together and its blocks, n, the states before and after, and da by block."""
        now = step if self.training else 0
        a, before, h = self.a[now], self.inputs[step, :, self.state], self.inputs[step + 1, :, self.state]
        return self.inputs[step], a, a[:2], *a, self.n[now], before, h, self.gradient_by_block(now)


def gru(spec: GruSpec, shape: Shape, layer_id: LayerId) -> Recurrent:
    """Return the GRU layer for rows of a shape."""
    return Recurrent(shape, spec, layer_id, Gru)
