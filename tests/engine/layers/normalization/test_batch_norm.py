"""Batch normalization: statistics of the batch and running statistics."""

import numpy as np
import pytest

from engine.memory import Shape
from engine.spec import (
    BatchNormSpec,
)
from tests.support.layer_harness import LayerHarness


@pytest.mark.parametrize("shape", [(3,), (4, 3), (3, 2, 4)])
def test_training_uses_batch_statistics_and_inference_running_statistics(shape: Shape) -> None:
    harness = LayerHarness([BatchNormSpec(momentum=0.5)], shape, rows=50)
    harness.layers.initialize(harness.rng)
    x = 3 + 2 * harness.inputs()
    channel = {1: 1, 2: 2, 3: 0}[len(shape)]
    others = tuple(axis for axis in range(x.ndim) if axis != channel)
    for times in (1, 2):
        y = harness.run(x)
        np.testing.assert_allclose(y.mean(axis=others), 0, atol=1e-12)
        np.testing.assert_allclose(y.var(axis=others), 1, rtol=1e-4)
        _, _, mean, variance = harness.parameters.values.values()
        np.testing.assert_allclose(mean, (1 - 0.5**times) * x.mean(axis=others))
        np.testing.assert_allclose(variance, 0.5**times + (1 - 0.5**times) * x.var(axis=others, ddof=1))
    before = harness.parameters.vector.copy()
    y = harness.layers.forward(x, None)
    at = tuple(slice(None) if axis == channel else None for axis in range(x.ndim))
    np.testing.assert_allclose(y, (x - mean[at]) / np.sqrt(variance[at] + 1e-5), rtol=1e-10)
    np.testing.assert_array_equal(harness.parameters.vector, before)


def test_a_batch_that_overflowed_does_not_change_running_statistics() -> None:
    harness = LayerHarness([BatchNormSpec()], (2,), np.float32)
    before = harness.parameters.vector.copy()
    with np.errstate(all="ignore"):
        harness.run(np.full((3, 2), 3e38, np.float32))
    np.testing.assert_array_equal(harness.parameters.vector, before)


def test_a_single_row_does_not_change_running_statistics() -> None:
    harness = LayerHarness([BatchNormSpec(momentum=1.0)], (2,), rows=2)
    harness.layers.initialize(harness.rng)
    harness.run(np.array([[0.0, 4.0], [2.0, 8.0]]))
    before = harness.parameters.vector.copy()
    harness.layers.resize(1)
    y = harness.run(np.array([[1.0, 6.0]]))
    np.testing.assert_allclose(y, 0, atol=1e-12)
    np.testing.assert_array_equal(harness.parameters.vector, before)
