"""Numbers are encoded by how much of each bin lies below them."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.piecewise import NumericEmbeddingEncoder, bin_edges
from tests.support.table_columns import encode, numbers


def test_bins_fill_up_one_after_the_other() -> None:
    column = numbers(*np.arange(101.0).tolist())
    encoder = NumericEmbeddingEncoder.fit(column, bins=4)
    assert encoder.edges == (0.0, 25.0, 50.0, 75.0, 100.0)
    x = encode(encoder, numbers(-5.0, 0.0, 40.0, 75.0, 200.0))[:, 1:]
    np.testing.assert_allclose(x, [[0, 0, 0, 0], [0, 0, 0, 0], [1, 0.6, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]], atol=1e-6)
    assert encoder.names("age")[:2] == ["age", "age from 0 to 25"]


def test_frequent_values_are_edges_and_the_others_share_the_rest() -> None:
    values = np.concatenate([np.zeros(60), np.linspace(1, 10, 40)])
    edges = bin_edges(values, 5)
    assert edges[0] == 0
    assert len(edges) == 6
    assert np.histogram(values[60:], edges)[0].min() >= 6


@pytest.mark.parametrize(
    ("values", "width"), [((3.0,) * 40, 1), ((1.0, 2.0, 3.0), 2), ((1e308, -1e308) * 20, 2), ((None,) * 5, 2)]
)
def test_unusual_columns_have_finite_inputs(values: tuple[float | None, ...], width: int) -> None:
    column = numbers(*values)
    encoder = NumericEmbeddingEncoder.fit(column, bins=16)
    assert encoder.width == width
    assert np.isfinite(encode(encoder, column)).all()


def test_a_missing_number_is_the_median_with_an_indicator() -> None:
    column = numbers(*np.arange(101.0).tolist(), None)
    x = encode(NumericEmbeddingEncoder.fit(column, bins=2), column)
    np.testing.assert_allclose(x[-1], [0, 1, 0, 1], atol=1e-6)
