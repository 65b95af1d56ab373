"""Focal losses: cross entropy with less weight on rows that are answered well (Lin et al., 2017).

With the probability p of the right answer and q = 1 - p, the loss is -q^g log p. Its gradient is that of the cross
entropy times q^g - g q^(g - 1) p log p.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.losses.sigmoid import SigmoidCrossEntropy
from engine.losses.softmax import SoftmaxCrossEntropy
from engine.memory import Array, Buffers, Shape
from engine.spec import SigmoidFocalSpec, SoftmaxFocalSpec


class SoftmaxFocal(SoftmaxCrossEntropy):
    """One class of several."""

    focus: Array
    factor: Array

    def __init__(self, spec: SoftmaxFocalSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.gamma = spec.gamma

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare two numbers per answer."""
        each = ((self.time_steps,), dtype)
        return {**super().buffers(dtype, training=training), "focus": each, "factor": each}

    def _gradient_weights(self, sample_weights: Array) -> Array:
        factor = _apply_focus(self.losses, self.gamma, self.focus, self.factor)
        return np.multiply(factor, sample_weights, out=factor)


class SigmoidFocal(SigmoidCrossEntropy):
    """Yes or no, for each output."""

    focus: Array
    factor: Array

    def __init__(self, spec: SigmoidFocalSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.gamma = spec.gamma

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare two numbers per output."""
        each = ((self.outputs,), dtype)
        return {**super().buffers(dtype, training=training), "focus": each, "factor": each}

    def _differentiate(self, z: Array, y: Array) -> None:
        super()._differentiate(z, y)
        np.multiply(z, _apply_focus(self.losses, self.gamma, self.focus, self.factor), out=z)


def _apply_focus(losses: Array, gamma: float, focus: Array, factor: Array) -> Array:
    """Multiply cross entropies -log p by q^g in place, and return the factor of their gradients in `factor`."""
    np.negative(losses, out=focus)
    np.exp(focus, out=factor)  # p
    np.multiply(factor, losses, out=factor)  # -p log p
    np.expm1(focus, out=focus)
    np.negative(focus, out=focus)  # q
    np.maximum(focus, np.finfo(focus.dtype).tiny, out=focus)
    np.multiply(factor, gamma, out=factor)
    np.divide(factor, focus, out=factor)  # -g p log p / q, at most g
    np.add(factor, 1, out=factor)
    np.power(focus, gamma, out=focus)
    np.multiply(losses, focus, out=losses)
    return np.multiply(factor, focus, out=factor)
