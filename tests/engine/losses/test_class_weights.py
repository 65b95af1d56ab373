"""Class weights become sample weights."""

import numpy as np
import pytest

from engine.losses.class_weights import ClassFactors
from engine.memory import Array


def weigh(y: Array, weighting: tuple[float, ...]) -> Array:
    return ClassFactors.of(y, weighting).weights(y)


def test_balanced_weights_give_every_class_the_same_sum() -> None:
    y = np.array([0, 0, 0, 1, 2, 2])
    weights = ClassFactors.of(y, "balanced").weights(y)
    assert [weights[y == label].sum() for label in range(3)] == pytest.approx([2, 2, 2])


def test_class_weights_apply_to_the_rows_of_the_class() -> None:
    np.testing.assert_array_equal(weigh(np.array([0, 2, 1, 0]), (1.0, 2.0, 3.0)), [1, 3, 2, 1])
    np.testing.assert_array_equal(weigh(np.array([[1.0], [0.0]]), (1.0, 2.0)), [2, 1])


@pytest.mark.parametrize("y", [np.array([0, 3]), np.ones((2, 2)), np.array([0.5, 1])], ids=["class", "labels", "half"])
def test_invalid_class_weights_raise_an_error(y: Array) -> None:
    with pytest.raises(ValueError, match="class_weight"):
        weigh(y, (1.0, 2.0, 3.0))
