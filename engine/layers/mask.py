"""The mask of a batch of sequences of different lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.memory import Array, Buffers, Constants, RowBuffers


class Mask(RowBuffers):
    """The lengths of the sequences of a batch, which the layer that knows them sets in each forward pass.

    A sequence ends with its last time step that is not padding; one of nothing but padding has length 1.
    """

    steps: Array  # (rows, time) bool: which time steps are no padding
    valid: Array  # (rows, time): 1 before the end of the sequence, 0 after it
    ended: Array  # (rows, time) bool: True after the end of the sequence
    lengths: Array  # (rows, 1)
    numbers: Array  # (time,): 1, 2, ...
    marks: Array

    def __init__(self, time: int) -> None:
        super().__init__()
        self.time = time

    def update(self) -> None:
        """Find the lengths from `steps`."""
        np.multiply(self.steps, self.numbers, out=self.marks)
        np.maximum.reduce(self.marks, axis=1, keepdims=True, out=self.lengths)
        np.maximum(self.lengths, 1, out=self.lengths)
        np.greater(self.numbers, self.lengths, out=self.ended)
        np.logical_not(self.ended, out=self.valid)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the same in both
        """Declare the mask in all its forms."""
        wanted: Buffers = dict.fromkeys(("steps", "ended"), ((self.time,), np.bool_))
        return wanted | {"valid": ((self.time,), dtype), "marks": ((self.time,), np.intp), "lengths": ((1,), np.intp)}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - the same in both
        """Declare the numbers of the time steps."""
        return {"numbers": ((self.time,), np.intp, lambda shape: np.arange(1, shape[0] + 1))}


TORCH_PADDING = """\
class Padding:
    valid = None  # (rows, time): set by the latest module that knows the padding

    @classmethod
    def set(cls, steps):
        number = torch.arange(1, steps.shape[1] + 1, device=steps.device)
        lengths = (steps * number).amax(1, keepdim=True).clamp(min=1)
        cls.valid, cls.lengths = number <= lengths, lengths[:, 0]
"""
