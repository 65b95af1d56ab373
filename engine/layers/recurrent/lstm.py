"""LSTM: a recurrent cell with a gated memory, so that gradients survive many time steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer_id import LayerId
from engine.layers.recurrent.cell import Cell, previous
from engine.layers.recurrent.recurrent import Recurrent
from engine.memory import Array, Buffers, Shape
from engine.spec import LstmSpec


class Lstm(Cell):
    """c' = f c + i g and h' = o tanh(c'), with gates i, f, o = sigmoid(a) and g = tanh(a).

    Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000, whose bias starts at 1 (Jozefowicz
    et al., 2015). Because tanh(a) = 2 sigmoid(2 a) - 1, one sigmoid over all four blocks, i, f, s, o, gives the gates.
    """

    gates = 4
    scales = (-1, -1, -2, -1)
    blocks = ((0, 4, 0),), ((0, 4, 0),)
    cost = (19, 24)
    g: Array
    c: Array
    tanh_c: Array
    dc: Array
    dh: Array
    dgates: Array
    slopes: Array

    def run(self) -> None:
        """Compute gates, memory c and state h, time step by time step."""
        W, one, work = self.W, self.one, self.work
        self.c[0] = 0
        for x, a, i, f, s, o, g, c, c_after, tanh_c, h, _ in self.views_by_step:
            np.matmul(x, W, a)
            np.exp(a, a)
            np.add(a, one, a)
            np.divide(one, a, a)
            np.add(s, s, g)
            np.subtract(g, one, g)
            np.multiply(f, c, c_after)
            np.multiply(i, g, work)
            np.add(c_after, work, c_after)
            np.tanh(c_after, tanh_c)
            np.multiply(o, tanh_c, h)

    def run_back(self, dy: Array) -> None:
        """Go back from the last time step; dh is the gradient of its state, dc that of its memory.

        dc += dh o (1 - tanh(c)^2); di = dc g; df = dc c; ds = 2 dc i; do = dh tanh(c). Each is multiplied by the slope
        of the sigmoid in a, which is a^2 - a because V is negated. dc f and da V are the gradients of the time step
        before.
        """
        one, work, slopes, dgates, dc, dh = self.one, self.work, self.slopes, self.dgates, self.dc, self.dh
        di, df, ds, do = dgates
        dc.fill(0)
        dh.fill(0)
        for dy_t, da, views in zip(previous(dy, self.steps), self.da[::-1], reversed(self.views_by_step), strict=True):
            _, a, i, f, _, o, g, c, _, tanh_c, _, da_by_block = views
            if dy_t is not None:
                np.add(dh, dy_t, dh)
            np.multiply(dh, tanh_c, do)
            np.multiply(tanh_c, tanh_c, work)
            np.subtract(one, work, work)
            np.multiply(work, o, work)
            np.multiply(work, dh, work)
            np.add(dc, work, dc)
            np.multiply(dc, g, di)
            np.multiply(dc, c, df)
            np.add(dc, dc, work)
            np.multiply(work, i, ds)
            np.multiply(dc, f, dc)
            np.multiply(a, a, slopes)
            np.subtract(slopes, a, slopes)
            np.multiply(dgates, slopes, da_by_block)
            da.dot(self.Vh, dh)

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the weights; set the bias of the forget gate to 1."""
        super().initialize(rng)
        self.values[self.name("bias_ih")][self.units : 2 * self.units] = 1

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare g, c and tanh(c) of each time step, and for training the gradients of one time step."""
        kept, units = self.steps if training else 1, self.units
        shapes: dict[str, Shape] = {"g": (kept, units), "c": (kept + training, units), "tanh_c": (kept, units)}
        if training:
            shapes |= {"dc": (units,), "dh": (units,), "dgates": (4, units), "slopes": (4, units)}
        return super().buffers(dtype, training=training) | {name: (shape, dtype) for name, shape in shapes.items()}

    def step_views(self, step: int) -> tuple[Array, ...]:
        """Return inputs, a (whole and by block), g, c before and after, tanh(c), the state, and da by block."""
        now, after = (step, step + 1) if self.training else (0, 0)
        a, h = self.a[now], self.inputs[step + 1, :, self.state]
        results = self.g[now], self.c[now], self.c[after], self.tanh_c[now], h
        return self.inputs[step], a, *a, *results, self.gradient_by_block(now)


def lstm(spec: LstmSpec, shape: Shape, layer_id: LayerId) -> Recurrent:
    """Return the LSTM layer for rows of a shape."""
    return Recurrent(shape, spec, layer_id, Lstm)
