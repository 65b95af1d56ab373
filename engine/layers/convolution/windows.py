"""Sliding windows along an axis: index computations shared by convolution and pooling."""

from __future__ import annotations

from numpy.lib.stride_tricks import as_strided

from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array

TORCH_OVER_TIME = """\
class OverTime(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):  # (rows, time, features)
        return self.layer(x.transpose(1, 2)).transpose(1, 2)
"""


def count_positions(length: int, kernel: int, stride: int, padding: int, layer_id: LayerId) -> int:
    """Return the number of positions of a window on an axis with `padding` zeros at both ends.

    Raises:
        ShapeError: the window is longer than the axis.
    """
    if kernel > length + 2 * padding:
        raise ShapeError(layer_id, f"a kernel of {kernel} does not fit on {length} numbers with padding {padding}")
    return (length + 2 * padding - kernel) // stride + 1


def spans(length: int, kernel: int, stride: int, padding: int) -> list[tuple[slice, slice]]:
    """Return for each offset in the window the inputs that it covers, and the window positions at which it does so.

    Offsets that fall into the padding are left out.
    """
    count = (length + 2 * padding - kernel) // stride + 1
    found = []
    for offset in range(kernel):
        first = max(0, -(-(padding - offset) // stride))
        last = min(count - 1, (length - 1 + padding - offset) // stride)
        last = max(last, first - 1)
        start = first * stride + offset - padding
        found.append((slice(start, start + (last - first + 1) * stride, stride), slice(first, last + 1)))
    return found


def sliding_windows(lines: Array, first: int, count: int, kernel: int, stride: int = 1) -> Array:
    """Return a view with the `kernel` neighboring lines at `count` positions, as one matrix per position.

    `lines: (groups, lines, numbers, length)`, contiguous. Positions start at line `first` and advance by `stride`.
    The result is (groups, count, kernel * numbers, length); its matrices overlap in memory.
    """
    group, line, row, number = lines.strides
    shape = (len(lines), count, kernel * lines.shape[2], lines.shape[3])
    return as_strided(lines[:, first:], shape, (group, stride * line, row, number))


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """Return (height, width)."""
    return (value, value) if isinstance(value, int) else value


def same_padding(padding: int | tuple[int, int] | str, kernel: tuple[int, int]) -> tuple[int, int]:
    """Return the zeros at both ends. "same" preserves the length, for a stride of 1 and an odd kernel."""
    if isinstance(padding, str):
        return (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
    return pair(padding)
