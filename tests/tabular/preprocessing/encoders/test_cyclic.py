"""Values that come round again are encoded by their position in a cycle."""

import numpy as np
import pytest

from tabular.preprocessing.encoders.cyclic import CyclicEncoder
from tabular.preprocessing.encoders.datetimes import DatetimeEncoder
from tabular.table import TableColumn
from tests.support.table_columns import encode, numbers

HOURS = np.arange("2024-01-01T00", "2024-01-03T00", dtype="datetime64[h]")


def times(values: np.ndarray) -> TableColumn:
    micro = values.astype("datetime64[us]").astype(np.int64)
    return TableColumn(kind="datetime", values=micro, missing=np.zeros(len(micro), dtype=bool))


def test_only_cycles_that_vary_are_encoded_and_years_are_not() -> None:
    encoder = CyclicEncoder.fit(times(HOURS))
    assert encoder.cycles == ("weekday", "hour")
    x = encode(encoder, times(HOURS))
    assert x.shape == (48, 4)
    np.testing.assert_allclose(x[6], [0, 1, 1, 0], atol=1e-6)  # Monday, 6 o'clock
    later = encode(encoder, times(HOURS + np.timedelta64(52 * 7 * 24, "h")))
    np.testing.assert_allclose(later, x, atol=1e-6)


@pytest.mark.parametrize("kind", [CyclicEncoder, DatetimeEncoder])
def test_requested_cycles_are_encoded_even_if_they_do_not_vary(kind: type[CyclicEncoder | DatetimeEncoder]) -> None:
    encoder = kind.fit(times(HOURS), cycles=["month", "hour"], indicator=False)
    assert encoder.width == 4 + (kind is DatetimeEncoder)
    assert encoder.names("at")[-1] == "at cosine of hour"


def test_a_number_is_encoded_by_its_position_in_the_period() -> None:
    encoder = CyclicEncoder.fit(numbers(0.0, 6.0, None, 30.0, -18.0), period=24.0)
    x = encode(encoder, numbers(0.0, 6.0, None, 30.0, -18.0))
    np.testing.assert_allclose(x, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0]], atol=1e-6)
    assert encoder.names("hour") == ["hour sine of 24", "hour cosine of 24", "hour is missing"]
