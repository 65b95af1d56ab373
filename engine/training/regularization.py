"""Regularization: penalties in the loss, and a limit on the norm of each unit's weights."""

from __future__ import annotations

import numpy as np

from engine.memory import Array
from engine.parameters import Parameters
from engine.spec import RegularizationSpec


class Penalty:
    """l1 * sum |w| + l2 / 2 * sum w^2 over all weights, times the factor of their layer.

    Biases, gains and frozen parameters are excluded.
    """

    def __init__(self, spec: RegularizationSpec, parameters: Parameters, scratch: Array) -> None:
        self.l1, self.l2 = spec.l1, spec.l2
        size = scratch.size
        blocks = [
            (slice(at, min(at + size, run.stop)), factor)
            for run, factor in parameters.penalized()
            for at in range(run.start, run.stop, size)
        ]
        self.blocks = [(parameters.learned[block], parameters.gradients[block], factor) for block, factor in blocks]
        self.scratch = scratch

    def add_gradient(self) -> None:
        """Add l1 * sign(w) + l2 * w to the gradient."""
        for w, g, factor in self.blocks:
            work = self.scratch[: w.size]
            if self.l2:
                np.add(g, np.multiply(w, self.l2 * factor, out=work), out=g)
            if self.l1:
                np.add(g, np.multiply(np.sign(w, out=work), self.l1 * factor, out=work), out=g)

    def loss(self) -> float:
        """Return the penalty, which adds to the loss."""
        absolute = sum(
            factor * float(np.add.reduce(np.abs(w, out=self.scratch[: w.size]), dtype=np.float64))
            for w, _, factor in self.blocks
        )
        squares = sum(factor * float(w.dot(w)) for w, _, factor in self.blocks)
        return self.l1 * absolute + self.l2 / 2 * squares


class MaxNorm:
    """Scales down each unit's vector of incoming weights to at most a given norm (Srivastava et al., 2014)."""

    def __init__(self, bound: float, parameters: Parameters) -> None:
        views = parameters.views(parameters.learned)
        matrices = [w for name, w in views.items() if w.ndim > 1 and name not in parameters.frozen]
        self.matrices: list[Array] = [w.reshape(len(w), -1) for w in matrices]
        self.bound = bound

    def apply(self) -> None:
        """Scale down the vectors whose norm exceeds the bound."""
        for w in self.matrices:
            norms = np.sqrt(np.einsum("ij,ij->i", w, w))
            if norms.max() > self.bound:
                np.multiply(w, np.minimum(1, self.bound / np.maximum(norms, self.bound))[:, None], out=w)
