"""Arenas allocate and count; row buffers are views of the rows in use."""

from typing import Any

import numpy as np
import pytest

from engine.memory import ALIGNMENT, Arena, Buffers, Constants, DryArena, Image, RowBuffers


class Example(RowBuffers):
    """One buffer of each kind."""

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare rows, an image, and memory for training."""
        wanted: Buffers = {"y": ((3,), dtype), "image": (Image((2, 1, 1)), dtype)}
        return wanted | ({"dx": ((3,), np.bool_)} if training else {})

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - the same in both
        """Declare ones per row."""
        return {"ones": ((), dtype, 1)}

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the same in both
        """Declare memory that does not depend on the rows."""
        return {"work": ((5,), dtype)}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - the same in both
        """Declare a table."""
        return {"table": ((2, 3), dtype, lambda shape: np.arange(6).reshape(shape))}


def allocated(arena: Arena, *, training: bool = True) -> Any:
    example = Example()
    example.allocate(arena, 4, np.dtype(np.float32), training=training)
    return example


@pytest.mark.parametrize("shape", [(), (1,), (7, 3)])
def test_arrays_begin_on_a_cache_line(shape: tuple[int, ...]) -> None:
    array = Arena().empty(shape, np.float32)
    assert array.shape == shape
    assert array.__array_interface__["data"][0] % ALIGNMENT == 0


def test_full_takes_a_number_or_a_function_of_the_shape() -> None:
    assert Arena().full((2,), np.float64, 3).tolist() == [3, 3]
    assert Arena().full((2, 2), np.float64, np.eye(2).reshape).tolist() == [[1, 0], [0, 1]]


def test_a_copy_does_not_share_memory() -> None:
    original = np.arange(3.0)
    copy = Arena().copy(original)
    assert copy.tolist() == [0, 1, 2]
    assert not np.shares_memory(copy, original)


def test_a_dry_arena_counts_the_same_bytes_and_computes_nothing() -> None:
    real, dry = Arena(), DryArena()
    allocated(real)
    example = allocated(dry)
    assert dry.bytes == real.bytes == 4 * (3 * 4 + 2 * 4 + 3 + 4) + 5 * 4 + 6 * 4
    assert example.table.shape == (2, 3)
    assert not example.table.any()


def test_rows_in_use_are_views_and_images_have_rows_last() -> None:
    example = allocated(Arena())
    example.resize(2)
    assert example.y.shape == (2, 3)
    assert example.image.shape == (2, 1, 1, 2)
    assert example.ones.tolist() == [1, 1]
    assert example.table.tolist() == [[0, 1, 2], [3, 4, 5]]
    example.y[:] = 7
    example.resize(3)
    assert example.y[:2].tolist() == [[7] * 3] * 2


def test_memory_for_training_is_not_allocated_for_inference() -> None:
    example = allocated(Arena(), training=False)
    example.resize(1)
    assert not hasattr(example, "dx")
