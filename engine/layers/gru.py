"""GRU: a state of which a gate says how much is replaced."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.layers.recurrent import Cell, Recurrent, previous
from engine.memory import Array, Shape
from engine.spec import GruSpec


class Gru(Cell):
    """h' = n + z (h - n), with n = tanh(u + r v) and gates r, z = sigmoid(a).

    Cho et al., 2014, in PyTorch's form: u and v are what inputs and state contribute to n, with a bias each. So the
    blocks of a are r, z, u, v, and W is zero where u would look at the state and v at the inputs.
    """

    gates = 3
    scales = (-1, -1, 1, 1)
    columns = ((0, 3, 0),), ((0, 2, 0), (2, 3, 3))
    cost = (12, 18)
    n: Array
    dh: Array
    direct: Array
    dgates: Array
    slopes: Array

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:
        """Also n of each moment, and gradients on their way back."""
        wanted = super().buffers(dtype, training=training)
        wanted["n"] = ((self.steps if training else 1, self.units), dtype)
        if training:
            wanted |= {"dh": ((1, self.units), dtype), "direct": ((1, self.units), dtype)}
            wanted |= dict.fromkeys(("dgates", "slopes"), ((1, 2 * self.units), dtype))
        return wanted

    def moment(self, step: int) -> tuple[Array, ...]:
        """Inputs, a, its gates together and its blocks, n, and the state before and after."""
        now = step if self.training else 0
        a, before, h = self.a[now], self.inputs[step, :, self.state], self.inputs[step + 1, :, self.state]
        return self.inputs[step], a, a[:, : 2 * self.units], *self.blocks(a), self.n[now], before, h

    def run(self) -> None:
        """Compute gates, candidate n and state h, moment by moment."""
        W, one, work = self.W, self.one, self.work[0]
        for x, a, gates, r, z, u, v, n, before, h in self.moments:
            x.dot(W, a)
            np.exp(gates, gates)
            np.add(gates, one, gates)
            np.reciprocal(gates, gates)
            np.multiply(r, v, n)
            np.add(n, u, n)
            np.tanh(n, n)
            np.subtract(before, n, work)
            np.multiply(z, work, work)
            np.add(n, work, h)

    def run_back(self, dy: Array) -> None:
        """Go back from the last moment; dh is the gradient of its state.

        dz = dh (h - n); du = dh (1 - z) (1 - n^2); dr = du v; dv = du r, where dr and dz come times the sigmoid's
        slope in a, which is a^2 - a because W is negated there. Then dh z + da W' belongs to the moment before.
        """
        one, work, slopes, dgates = self.one, self.work[0], self.slopes[0], self.dgates[0]
        dh, direct = self.dh[0], self.direct[0]
        dr, dz = dgates[:, : self.units], dgates[:, self.units :]
        dh.fill(0)
        for dy_t, moment in zip(previous(dy, self.steps), reversed(self.moments), strict=True):
            _, a, gates, r, z, u, v, n, before, _ = moment
            if dy_t is not None:
                np.add(dh, dy_t, dh)
            np.subtract(before, n, work)
            np.multiply(dh, work, dz)
            np.multiply(dh, z, direct)
            np.subtract(dh, direct, dh)
            np.multiply(n, n, work)
            np.subtract(one, work, work)
            np.multiply(dh, work, u)  # from here on u and v hold their gradients
            np.multiply(u, v, dr)
            np.multiply(u, r, v)
            np.multiply(gates, gates, slopes)
            np.subtract(slopes, gates, slopes)
            np.multiply(dgates, slopes, gates)
            a.dot(self.Wh, dh)
            np.add(dh, direct, dh)


def gru(spec: GruSpec, shape: Shape, label: str) -> Recurrent:
    """Return the GRU layer for rows of a shape."""
    return Recurrent(shape, spec, label, Gru)
