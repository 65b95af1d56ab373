"""Times become standardized years and positions in cycles."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.datetimes import DatetimeEncoder
from tabular.table import TableColumn
from tests.support.table_columns import encode


def test_times_become_years_and_the_cycles_that_vary() -> None:
    days = np.array(["2026-01-05", "2026-02-02", "2026-03-02"], dtype="datetime64[us]")  # Mondays
    column = TableColumn(kind="datetime", values=days.astype(np.int64), missing=np.zeros(3, dtype=bool))
    encoder = DatetimeEncoder.fit(column)
    x = encode(encoder, column)
    assert encoder.cycles == ("month",)
    assert x[:, 0].mean() == pytest.approx(0)
    assert x[0, 1:].tolist() == [0, 1]
    assert x[2, 1:] == pytest.approx([np.sin(np.pi / 3), np.cos(np.pi / 3)])
