"""The exact GELU is as close to the normal distribution as its description says."""

import math

import numpy as np
import pytest

from engine.layers.activations.gelu import LONG_FIT, SHORT_FIT, TailFit, tail_fit


@pytest.mark.parametrize(("fit", "limit"), [(SHORT_FIT, 1e-7), (LONG_FIT, 5e-10)])
def test_the_tail_of_the_normal_distribution_is_within_the_limit(fit: TailFit, limit: float) -> None:
    z = np.linspace(0, 12, 2_001)
    exact = np.array([math.erfc(value / math.sqrt(2)) / 2 for value in z])
    tail = np.exp(-z * z / 2) * np.polyval(fit.numerator, z) / np.polyval(fit.denominator, z)
    assert (np.abs(tail - exact) * np.maximum(z, 1)).max() < limit


def test_each_precision_has_a_fit_as_exact_as_its_rounding() -> None:
    assert tail_fit(np.dtype(np.float32)) is SHORT_FIT
    assert tail_fit(np.dtype(np.float64)) is LONG_FIT
