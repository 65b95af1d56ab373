"""The loss of several targets is the weighted sum of their losses."""

import numpy as np
import pytest

from engine.losses.build import build
from engine.memory import Array
from tests.support.losses import THREE, answers, apply


def test_the_losses_of_targets_add_up() -> None:
    rng = np.random.default_rng(1)
    z = rng.standard_normal((4, 6))
    y = answers(THREE, (6,), 4, rng)
    value, _ = apply(THREE, z, y)
    first, huber, quantile = (target.loss for target in THREE.targets)
    expected = 2.0 * apply(first, z[:, :3], y[:, 0].astype(int))[0] + 0.5 * apply(huber, z[:, 3:4], y[:, 1])[0]
    assert value == pytest.approx(expected + apply(quantile, z[:, 4:], y[:, 2])[0])


def test_each_target_has_its_own_activation() -> None:
    found = build(THREE, (6,)).activate(np.ones((2, 6)))
    np.testing.assert_allclose(found, [[1 / 3, 1 / 3, 1 / 3, 1, 1, 1]] * 2)


@pytest.mark.parametrize("y", [np.ones((2, 2)), np.array([[0.5, 1.0, 1.0]]), np.array([[3.0, 1.0, 1.0]])])
def test_invalid_target_columns_raise_an_error(y: Array) -> None:
    with pytest.raises(ValueError, match=r"must|targets"):
        build(THREE, (6,)).as_targets(y, np.dtype("float64"))


def test_each_target_has_its_own_metrics() -> None:
    loss = build(THREE, (6,))
    score = loss.score()
    z = np.array([[1.0, 0, 0, 1, 0, 9], [1.0, 0, 0, 3, 0, 9]])
    score.add(z, loss.as_targets(np.array([[0, 1, 0], [1, 3, 2]]), z.dtype))
    assert score.metrics() == pytest.approx({"accuracy": 0.5, "r2": 0.0, "mae": 0.5})
