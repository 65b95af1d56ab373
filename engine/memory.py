"""Allocate the arrays of the engine: aligned and counted, or only counted for estimates."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Values: TypeAlias = float | Callable[[Shape], Array]  # one number, or a function that makes an array of the given shape
Buffers: TypeAlias = dict[str, tuple[Shape, DTypeLike]]  # name -> shape and dtype
Constants: TypeAlias = dict[str, tuple[Shape, DTypeLike, Values]]  # name -> shape, dtype and values

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register in use


class Image(tuple[int, ...]):
    """The shape of an image row, (channels, height, width). In a batch of images the rows are the last axis.

    So each part of an image row is contiguous in memory over all images of the batch.
    """

    __slots__ = ()


class Columns(tuple[int, ...]):
    """The shape of a matrix that is stored column by column."""

    __slots__ = ()


class Arena:
    """Allocates arrays that begin on a cache line, and adds up their sizes in `bytes`."""

    def __init__(self) -> None:
        self.bytes = 0
        self._shared: dict[Hashable, SharedArena] = {}

    def shared(self, key: Hashable) -> SharedArena:
        """Return the arena of all users with an equal key, which never use their arrays at the same time."""
        shared = self._shared.setdefault(key, SharedArena(self))
        shared.begin()
        return shared

    def empty(self, shape: Shape, dtype: DTypeLike) -> Array:
        """Return an uninitialized C-contiguous array."""
        size = self._count(shape, dtype)
        raw = np.empty(size + ALIGNMENT, np.uint8)
        start = -raw.__array_interface__["data"][0] % ALIGNMENT
        return raw[start : start + size].view(dtype).reshape(shape)

    def full(self, shape: Shape, dtype: DTypeLike, values: Values) -> Array:
        """Return an array that holds a number everywhere, or the values of a function of the shape."""
        array = self.empty(shape, dtype)
        array[...] = values(shape) if callable(values) else values
        return array

    def copy(self, array: Array) -> Array:
        """Return a copy of an array."""
        return self.full(array.shape, array.dtype, lambda _: array)

    def _count(self, shape: Shape, dtype: DTypeLike) -> int:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        self.bytes += size
        return size


class SharedArena(Arena):
    """Gives the same arrays to several users that need equal ones and never at the same time.

    Each user starts with `begin` and then allocates in the same order as the first one.
    """

    def __init__(self, arena: Arena) -> None:
        super().__init__()
        self._arena = arena
        self._arrays: list[Array] = []
        self._next = 0

    def begin(self) -> None:
        """Start over with the first array."""
        self._next = 0
        self._shared = {}

    def empty(self, shape: Shape, dtype: DTypeLike) -> Array:
        """Return the next array; the first user's is allocated from the underlying arena."""
        if self._next == len(self._arrays):
            self._arrays.append(self._arena.empty(shape, dtype))
        array = self._arrays[self._next]
        if array.shape != shape or array.dtype != np.dtype(dtype):
            raise ValueError(f"the first user needed {array.shape} {array.dtype}, not {shape} {dtype}")
        self._next += 1
        return array

    def full(self, shape: Shape, dtype: DTypeLike, values: Values) -> Array:
        """Return the next array with these values, unless it has no memory."""
        array = self.empty(shape, dtype)
        if array.flags.writeable:
            array[...] = values(shape) if callable(values) else values
        return array


class DryArena(Arena):
    """Counts like an arena, but its arrays occupy a single element, which is 0."""

    def empty(self, shape: Shape, dtype: DTypeLike) -> Array:
        """Return a read-only array of the given shape without memory of its own."""
        self._count(shape, dtype)
        return np.broadcast_to(np.zeros((), dtype), shape)

    def full(self, shape: Shape, dtype: DTypeLike, values: Values) -> Array:  # noqa: ARG002 - nothing is computed
        """Return the same as `empty`; the values are not computed."""
        return self.empty(shape, dtype)


class RowBuffers(ABC):
    """Working memory for up to `capacity` rows, of which the first few are in use.

    Subclasses declare their memory by name. `allocate` makes it once; `resize` sets attributes of the same names to
    contiguous views for the rows in use, so steps of the usual size slice nothing. The views have the shape
    (rows, *shape), or (*shape, rows) for an `Image`.
    """

    def __init__(self) -> None:
        self._allocated: dict[str, Array] = {}
        self._images: dict[str, Image] = {}

    @abstractmethod
    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare working memory: name -> (shape per row, dtype)."""

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - for subclasses
        """Declare constants for each row: name -> (shape per row, dtype, values)."""
        return {}

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - for subclasses
        """Declare working memory whose size does not depend on the rows: name -> (shape, dtype)."""
        return {}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - for subclasses
        """Declare constants whose size does not depend on the rows: name -> (shape, dtype, values)."""
        return {}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Allocate what the subclass declares, for `capacity` rows; the backward pass only needs it if `training`."""
        rows, constant_rows = self.buffers(dtype, training=training), self.row_constants(dtype, training=training)
        self._allocated = {name: arena.empty((capacity, *shape), kind) for name, (shape, kind) in rows.items()}
        for name, (shape, kind, values) in constant_rows.items():
            self._allocated[name] = arena.full((capacity, *shape), kind, values)
        shapes = {name: declared[0] for name, declared in (*rows.items(), *constant_rows.items())}
        self._images = {name: shape for name, shape in shapes.items() if isinstance(shape, Image)}
        for name, (shape, kind) in self.workspace(dtype, training=training).items():
            setattr(self, name, arena.empty(shape, kind))
        for name, (shape, kind, values) in self.constants(dtype, training=training).items():
            setattr(self, name, arena.full(shape, kind, values))

    def resize(self, rows: int) -> None:
        """Set the attributes to views of the first `rows` rows."""
        for name, array in self._allocated.items():
            view = array[:rows]
            setattr(self, name, view.reshape(*self._images[name], rows) if name in self._images else view)
