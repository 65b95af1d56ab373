"""Pooling returns maxima or means, and passes the gradient to the right inputs."""

import numpy as np
import pytest
from pydantic import ValidationError

from engine.spec import (
    AveragePoolSpec,
    GlobalPoolSpec,
    LayerSpec,
    MaxPoolSpec,
)
from tests.support.layer_harness import LayerHarness


def test_pooling_returns_the_maximum_or_the_mean() -> None:
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    assert LayerHarness([MaxPoolSpec()], (1, 4, 4), rows=1).run(image).ravel().tolist() == [5, 7, 13, 15]
    assert LayerHarness([AveragePoolSpec()], (1, 4, 4), rows=1).run(image).ravel().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert (
        LayerHarness([MaxPoolSpec(kernel=3, stride=2, padding=1)], (1, 4, 4), rows=1).run(image - 99).max() == 15 - 99
    )


@pytest.mark.parametrize("layer", [MaxPoolSpec(kernel=3), MaxPoolSpec(kernel=2, stride=1)])
def test_the_first_of_equal_maxima_gets_the_gradient(layer: LayerSpec) -> None:
    harness = LayerHarness([layer], (1, 3, 3), rows=1)
    x = np.zeros((1, 3, 3, 1))
    dy = np.ones_like(harness.run(x))
    dx, _ = harness.gradient(x, dy)
    expected = np.zeros((3, 3))
    expected[: dy.shape[1], : dy.shape[2]] = 1
    np.testing.assert_array_equal(dx[0, :, :, 0], expected)


def test_equal_global_maxima_share_the_gradient() -> None:
    harness = LayerHarness([GlobalPoolSpec(function="max")], (3, 2), rows=1)
    dx, _ = harness.gradient(np.array([[[1.0, 5], [1, 2], [0, 3]]]), np.array([[4.0, 6]]))
    assert dx.tolist() == [[[2, 6], [2, 0], [0, 0]]]


def test_padding_may_differ_between_axes() -> None:
    harness = LayerHarness([MaxPoolSpec(kernel=(3, 1), stride=1, padding=(1, 0))], (1, 3, 1), rows=1)
    assert harness.run(np.array([1.0, 3, 2]).reshape(1, 3, 1, 1)).reshape(-1).tolist() == [3, 3, 3]
    with pytest.raises(ValidationError, match="along the same axis"):
        MaxPoolSpec(kernel=(3, 1), padding=(0, 1))
