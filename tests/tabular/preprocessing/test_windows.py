"""Rows are ordered as time series, and windows of them predict later rows."""

import numpy as np
import pytest

from tabular.preprocessing.windows import ShortSeries, TimeSeries
from tabular.sequence import SequenceSpec
from tabular.table import Table
from tests.support.table_columns import labels, numbers

TIMES = numbers(5.0, 1.0, 2.0, 4.0, None, 3.0, 2.0, 1.0, 3.0)
STORES = labels("b", "a", "a", "a", "a", "a", "b", "b", None)


def series(window: int = 2, horizon: int = 1, *, grouped: bool = True) -> TimeSeries:
    sequence = SequenceSpec(order_by="day", window=window, horizon=horizon, group_by="store" if grouped else None)
    return TimeSeries.of(Table(rows=9, columns={"day": TIMES, "store": STORES}), sequence)


def test_each_series_is_in_the_order_of_its_times() -> None:
    found = series()
    assert found.order.tolist() == [1, 2, 5, 3, 7, 6, 0]  # store a, then b; rows without a time or a store are left out
    assert found.place.tolist() == [6, 0, 1, 3, -1, 2, 5, 4, -1]


def test_a_window_ends_a_horizon_before_its_target() -> None:
    found = series(window=2, horizon=1)
    rows = found.predictable(np.arange(9))
    assert rows.tolist() == [0, 3, 5]
    assert found.windows(rows).tolist() == [[7, 6], [2, 5], [1, 2]]
    assert series(window=2, horizon=2).windows(np.array([3])).tolist() == [[1, 2]]
    assert series(window=2, horizon=2).predictable(np.arange(9)).tolist() == [3]


def test_rows_with_the_same_time_keep_the_order_of_the_file() -> None:
    assert series(grouped=False).order.tolist() == [1, 7, 2, 6, 5, 8, 3, 0]


def test_the_last_known_value_is_of_the_same_series() -> None:
    missing = np.zeros(9, dtype=bool)
    missing[[2, 7, 6]] = True
    assert series().last_known(np.array([0, 3, 5]), missing).tolist() == [-1, 5, 1]


def test_the_latest_windows_follow_the_order_of_the_rows() -> None:
    assert series(window=3).latest_windows().tolist() == [[7, 6, 0], [2, 5, 3]]
    with pytest.raises(ShortSeries) as caught:
        series(window=4).latest_windows()
    assert caught.value.length == 3
