"""Columns whose outliers would ruin standardization are recognized; columns with ordinary long tails are not."""

import numpy as np
import pytest

from tabular.outliers import Outlier, harmful_outlier
from tabular.readers.profiling import number_column

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=1_500)


def outlier(values: np.ndarray) -> Outlier | None:
    return harmful_outlier(number_column("x", values, len(values)))


@pytest.mark.parametrize("value", [1e30, -1e30, 1.7e308, 1e4])
def test_one_extreme_value_among_ordinary_ones_is_found(value: float) -> None:
    found = outlier(np.append(NORMAL, value))
    assert found is not None
    assert found.value == value
    assert -4 < found.low < -2
    assert 2 < found.high < 4


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_an_extreme_value_among_amounts_is_found(scale: float) -> None:
    assert outlier(np.append(RNG.uniform(0, scale, 1_500), 1e30)) is not None


def test_several_extreme_values_are_found() -> None:
    assert outlier(np.append(NORMAL, [1e30] * 5)) is not None


@pytest.mark.parametrize(
    "values",
    [
        NORMAL,
        np.append(NORMAL, 20.0),
        RNG.standard_t(2, size=20_000),
        np.exp(3 * RNG.normal(size=20_000)),
        RNG.pareto(1, size=20_000),
        np.append(np.zeros(1_000), 1e9),
        np.arange(19.0),
        np.full(100, 3.0),
        RNG.integers(0, 2, 100),
    ],
    ids=["normal", "mild", "t", "lognormal", "pareto", "zeros", "few", "constant", "binary"],
)
def test_ordinary_columns_have_no_harmful_outlier(values: np.ndarray) -> None:
    assert outlier(values) is None
