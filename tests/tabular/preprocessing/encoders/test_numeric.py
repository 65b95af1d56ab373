"""Numbers become finite inputs, standardized or unchanged."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.numeric import RawEncoder, StandardizeEncoder
from tests.support.table_columns import encode, numbers


def test_standardized_numbers_have_mean_zero_and_stddev_one() -> None:
    column = numbers(1.0, 2.0, 4.0, 9.0)
    x = encode(StandardizeEncoder.fit(column), column)
    assert (x.mean(), x.std()) == pytest.approx((0, 1))


def test_a_missing_number_becomes_the_median_and_an_indicator() -> None:
    column = numbers(1.0, None, 3.0, 8.0)
    assert encode(RawEncoder.fit(column), column).tolist() == [[1, 0], [3, 1], [3, 0], [8, 0]]


def test_a_missing_number_unseen_in_training_is_only_the_median() -> None:
    assert encode(RawEncoder.fit(numbers(1.0, 3.0, 8.0)), numbers(None)).tolist() == [[3]]


def test_a_constant_column_becomes_zero_and_not_infinity() -> None:
    column = numbers(0.1, 0.1, 0.1)
    assert np.abs(encode(StandardizeEncoder.fit(column), column)).max() < 1e-9


def test_amounts_with_a_long_tail_get_a_logarithmic_scale() -> None:
    column = numbers(*[0.0] * 50, *range(1, 20), 99_999.0)
    encoder = StandardizeEncoder.fit(column)
    assert encoder.scale == "log1p"
    assert encode(encoder, column).max() < 7
    assert np.isfinite(encode(encoder, numbers(-5.0))).all()


def test_numbers_of_any_size_give_finite_inputs() -> None:
    column = numbers(-1.7e308, 1.7e308, 0.0, 5.0)
    for encoder in (StandardizeEncoder.fit(column), RawEncoder.fit(column)):
        out = np.zeros((4, encoder.width), dtype=np.float32)
        encoder.write(column, out)
        assert np.isfinite(out).all()
    assert encode(StandardizeEncoder.fit(numbers(1.0, 1.5)), numbers(-1.7e308)).tolist() == [[-1e4]]


def test_two_numbers_whose_sum_overflows_have_a_median() -> None:
    assert RawEncoder.fit(numbers(1.5e308, 1.5e308)).fill == 1.5e308
