"""NaN and infinite values are counted, and the first is located."""

import io

import numpy as np
import pytest

from engine.errors import InvalidWeights
from engine.interchange.finite import Nonfinite, find_nonfinite


def test_finite_values_give_no_result() -> None:
    assert find_nonfinite(io.BytesIO(np.ones((2, 3), "<f4").tobytes()), "float32", (2, 3)) is None
    assert find_nonfinite(io.BytesIO(b""), "float32", (0, 3)) is None


def test_reading_starts_at_the_position_of_the_file() -> None:
    file = io.BytesIO(np.array([np.nan, 1, 2, np.inf], "<f8").tobytes())
    file.seek(8)
    assert find_nonfinite(file, "float64", (3,)) == Nonfinite(count=1, first=(2,))


def test_a_scalar_has_an_empty_index() -> None:
    assert find_nonfinite(io.BytesIO(np.array(np.nan, "<f4").tobytes()), "float32", ()) == Nonfinite(count=1, first=())


def test_a_file_that_ends_early_is_rejected() -> None:
    with pytest.raises(InvalidWeights, match="truncated"):
        find_nonfinite(io.BytesIO(bytes(4)), "float32", (2,))
