"""Embedding looks up vectors, and adds up their gradients."""

from typing import Any

import numpy as np
import pytest

from engine.spec import (
    EmbeddingSpec,
)
from tests.support.layer_harness import LayerHarness


def test_numbers_outside_of_the_vocabulary_count_as_the_nearest() -> None:
    harness = LayerHarness([EmbeddingSpec(vocabulary=5, units=2)], (4,), rows=1)
    W = harness.parameters.values["0.weight"]
    np.testing.assert_array_equal(harness.run(np.array([[-3.0, 4.0, 5.0, 3e38]]))[0], W[[0, 4, 4, 4]])


@pytest.mark.parametrize("units", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_of_equal_numbers_add_up(units: int, dtype: Any) -> None:
    harness = LayerHarness([EmbeddingSpec(vocabulary=5, units=units)], (4,), dtype, rows=2)
    x, dy = np.array([[1, 1, 4, 1], [0, 4, 1, 9]], dtype), harness.numbers(2, 4, units)
    expected = np.zeros((5, units), dtype)
    for index, part in zip(np.minimum(x, 4).astype(int).flat, dy.reshape(-1, units), strict=True):
        expected[index] += part
    np.testing.assert_allclose(harness.gradient(x, dy)[1].reshape(5, units), expected, rtol=1e-6)
