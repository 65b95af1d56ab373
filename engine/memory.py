"""Where the engine's arrays come from: aligned, counted, and on request only counted."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]


class Image(tuple[int, ...]):
    """The shape of a row that is an image, (channels, height, width): a batch of them has its rows as the last axis.

    So every stretch of an image row, over all images, is one contiguous stretch of memory.
    """

    __slots__ = ()


class Columns(tuple[int, ...]):
    """The shape of a matrix whose columns, and not its rows, lie one after the other in memory."""

    __slots__ = ()


ALIGNMENT = 64  # bytes: a cache line, and the widest vector register in use


class Arena:
    """Hands out arrays that begin on a cache line, and adds up their sizes in `bytes`."""

    def __init__(self) -> None:
        self.bytes = 0

    def empty(self, shape: Shape, dtype: DTypeLike) -> Array:
        """Return an uninitialised C-contiguous array."""
        size = self._count(shape, dtype)
        raw = np.empty(size + ALIGNMENT, np.uint8)
        start = -raw.__array_interface__["data"][0] % ALIGNMENT
        return raw[start : start + size].view(dtype).reshape(shape)

    def full(self, shape: Shape, dtype: DTypeLike, value: float) -> Array:
        """Return an array that holds `value` everywhere."""
        array = self.empty(shape, dtype)
        array.fill(value)
        return array

    def _count(self, shape: Shape, dtype: DTypeLike) -> int:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        self.bytes += size
        return size


class DryArena(Arena):
    """Counts like an arena, but its arrays have a shape and no memory: all elements are one zero."""

    def empty(self, shape: Shape, dtype: DTypeLike) -> Array:
        """Return a read-only array of the given shape that occupies a single element."""
        self._count(shape, dtype)
        return np.broadcast_to(np.zeros((), dtype), shape)

    def full(self, shape: Shape, dtype: DTypeLike, value: float) -> Array:
        """Return a read-only array of `value`s that occupies a single element."""
        self._count(shape, dtype)
        return np.broadcast_to(np.asarray(value, dtype), shape)


class RowBuffers(ABC):
    """Something with working memory for up to `capacity` rows, of which the first few are in use.

    Subclasses name their buffers; `allocate` makes them once, and `resize` sets the attributes of
    the same names to contiguous views for the rows in use, so that a step of the usual size slices nothing. The
    views are (rows, *shape), or (*shape, rows) for an `Image`.
    """

    def __init__(self) -> None:
        self._whole: dict[str, Array] = {}
        self._images: dict[str, Image] = {}

    @abstractmethod
    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:
        """Return name -> (shape per row, dtype) of the working memory wanted."""

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - for those who need it
        """Return name -> (shape, dtype) of working memory that does not depend on the rows."""
        return {}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take working memory for `capacity` rows; forward and backward both when `training`."""
        wanted = self.buffers(dtype, training=training)
        self._whole = {name: arena.empty((capacity, *shape), kind) for name, (shape, kind) in wanted.items()}
        self._images = {name: shape for name, (shape, _) in wanted.items() if isinstance(shape, Image)}
        for name, (shape, kind) in self.workspace(dtype, training=training).items():
            setattr(self, name, arena.empty(shape, kind))

    def resize(self, rows: int) -> None:
        """Put the first `rows` rows of each buffer to use."""
        for name, array in self._whole.items():
            view = array[:rows]
            setattr(self, name, view.reshape(*self._images[name], rows) if name in self._images else view)
