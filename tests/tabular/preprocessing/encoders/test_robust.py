"""Numbers with outliers become inputs of ordinary size."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.robust import MAX_POINTS, QuantileEncoder, RobustEncoder
from tests.support.table_columns import encode, numbers


def test_robust_inputs_count_interquartile_ranges_from_the_median() -> None:
    encoder = RobustEncoder.fit(numbers(0.0, 1.0, 2.0, 3.0, 4.0))
    assert (encoder.median, encoder.unit) == (2, 2)
    clipped = 1 / np.sqrt(1 + (1 / 3) ** 2)
    assert encode(encoder, numbers(2.0, 4.0, 0.0, None)).ravel() == pytest.approx([0, clipped, -clipped, 0])


def test_an_outlier_leaves_the_other_robust_inputs_as_they_are() -> None:
    ordinary = [float(value) for value in range(100)]
    without, with_outlier = (RobustEncoder.fit(numbers(*ordinary, last)) for last in (100.0, 1e30))
    np.testing.assert_allclose(encode(with_outlier, numbers(*ordinary)), encode(without, numbers(*ordinary)))
    assert encode(with_outlier, numbers(1e30)).tolist() == [[pytest.approx(3)]]


def test_mostly_equal_numbers_are_measured_in_half_ranges() -> None:
    assert RobustEncoder.fit(numbers(*[5.0] * 50, 1.0, 9.0)).unit == 4


def test_equal_numbers_become_robust_zeros() -> None:
    encoder = RobustEncoder.fit(numbers(7.0, 7.0, 7.0))
    assert encode(encoder, numbers(7.0, 8.0, None)).tolist() == [[0], [0], [0]]


def test_quantile_inputs_of_any_distribution_are_normal() -> None:
    column = numbers(*np.exp(3 * np.random.default_rng(0).normal(size=5_000)))
    encoder = QuantileEncoder.fit(column)
    x = encode(encoder, column).ravel()
    assert len(encoder.values) <= MAX_POINTS
    assert (x.mean(), x.std()) == pytest.approx((0, 1), abs=0.03)
    assert np.quantile(x, [0.16, 0.5, 0.84]) == pytest.approx([-1, 0, 1], abs=0.05)


def test_quantile_inputs_keep_the_order_and_end_at_the_training_range() -> None:
    encoder = QuantileEncoder.fit(numbers(1.0, 2.0, 2.0, 10.0))
    low, first, between, last, high = encode(encoder, numbers(-5.0, 1.0, 1.5, 10.0, 1e300)).ravel()
    assert low == first < between < last == high
    assert first == pytest.approx(-1.1503494)  # the normal quantile of 1 / 8


@pytest.mark.parametrize("encoder", [RobustEncoder, QuantileEncoder])
def test_numbers_of_any_size_give_finite_inputs(encoder: type[RobustEncoder | QuantileEncoder]) -> None:
    for column in (numbers(-1.7e308, 1.7e308, 0.0, 5.0), numbers(1e-320, 2e-320, 1.0), numbers(None, None)):
        fitted = encoder.fit(column)
        assert np.isfinite(encode(fitted, column)).all()
        assert np.isfinite(encode(fitted, numbers(-1.7e308, 1.7e308, None))).all()


@pytest.mark.parametrize("encoder", [RobustEncoder, QuantileEncoder])
def test_a_missing_number_becomes_zero_and_an_indicator(encoder: type[RobustEncoder | QuantileEncoder]) -> None:
    column = numbers(1.0, 2.0, 3.0, None)
    assert encode(encoder.fit(column), column)[3].tolist() == [0, 1]
    assert encoder.fit(column).names("x") == ["x", "x is missing"]
