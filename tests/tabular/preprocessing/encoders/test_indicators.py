"""Missing values have an input of their own as requested, or if training rows have some."""

from typing import Any

import pytest

from tabular.preprocessing.encoders.categorical import OneHotEncoder
from tabular.preprocessing.encoders.cyclic import CyclicEncoder
from tabular.preprocessing.encoders.datetimes import DatetimeEncoder
from tabular.preprocessing.encoders.numeric import RawEncoder, StandardizeEncoder
from tabular.preprocessing.encoders.piecewise import NumericEmbeddingEncoder
from tabular.preprocessing.encoders.robust import QuantileEncoder, RobustEncoder
from tabular.table import TableColumn
from tests.support.table_columns import encode, labels, numbers

NUMBERS = [StandardizeEncoder, RobustEncoder, QuantileEncoder, RawEncoder, NumericEmbeddingEncoder]
TIMES = [DatetimeEncoder, CyclicEncoder]


def column_for(encoder: Any, *, missing: bool) -> TableColumn:
    if encoder is OneHotEncoder:
        return labels("a", "a", "b", "b", None if missing else "a")
    values = numbers(1.0, 2.0, 3.0, 4.0, None if missing else 5.0)
    if encoder in TIMES:
        return TableColumn(kind="datetime", values=values.values.astype(int), missing=values.missing)
    return values


@pytest.mark.parametrize("encoder", [*NUMBERS, OneHotEncoder, *TIMES])
@pytest.mark.parametrize("missing", [True, False])
def test_a_requested_indicator_does_not_depend_on_the_training_rows(encoder: Any, *, missing: bool) -> None:
    column = column_for(encoder, missing=missing)
    with_indicator, without = (encoder.fit(column, indicator=requested) for requested in (True, False))
    by_rows = encoder.fit(column)
    assert with_indicator.width == without.width + 1
    assert by_rows == (with_indicator if missing else without)
    x = encode(with_indicator, column_for(encoder, missing=True))
    assert x[:, -1].tolist() == [0, 0, 0, 0, 1]
    assert with_indicator.names("x")[-1] == "x is missing"
