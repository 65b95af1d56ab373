"""Temperatures scale probabilities, with finite results and exact derivatives."""

import numpy as np
import pytest

from tabular.trained_model.calibration import scale_probabilities, scaling_gradient
from tests.support.losses import differences


def test_saturated_probabilities_stay_finite() -> None:
    scaled = scale_probabilities(np.array([[0.0], [0.5], [1.0]]), 2.0)
    assert (np.diff(scaled[:, 0]) > 0).all()
    assert ((scaled >= 0) & (scaled < 1)).all()
    np.testing.assert_allclose(scale_probabilities(np.array([[0.0, 1.0, 0.0]]), 2.0), [[0, 1, 0]], atol=1e-14)


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_gradient_is_the_derivative(outputs: int) -> None:
    rng = np.random.default_rng(0)
    probabilities, dy = rng.uniform(0.1, 0.9, (4, outputs)), rng.standard_normal((4, outputs))
    numeric = differences(lambda at: float(np.sum(dy * scale_probabilities(at, 0.7))), probabilities, 1e-6)
    found = scaling_gradient(probabilities, scale_probabilities(probabilities, 0.7), dy, 0.7)
    np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-7)
