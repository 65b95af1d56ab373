"""Times become standardized years and positions in cycles."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.datetimes import DatetimeEncoder
from tabular.preprocessing.encoders.registry import read_encoder
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


def test_one_absurd_year_leaves_the_other_years_apart() -> None:
    days = np.append(np.arange("2021-01-01", "2024-01-01", dtype="datetime64[D]"), np.datetime64("9999-12-31"))
    values = days.astype("datetime64[us]").astype(np.int64)
    column = TableColumn(kind="datetime", values=values, missing=np.zeros(len(days), dtype=bool))
    ordinary, absurd = (DatetimeEncoder.fit(column.take(np.arange(count))) for count in (len(days) - 1, len(days)))
    assert (ordinary.robust, absurd.robust) == (False, True)
    years = encode(absurd, column)[:, 0]
    assert years[:-1].std() > 0.5
    assert years[-1] == pytest.approx(3, abs=1e-3)


def test_models_of_version_0_1_0_are_not_robust() -> None:
    encoder = read_encoder("datetime", {"mean": 50.0, "stddev": 1.0, "cycles": ["month"], "indicator": False})
    assert encoder == DatetimeEncoder(mean=50.0, stddev=1.0, cycles=("month",), indicator=False, robust=False)
