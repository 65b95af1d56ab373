"""Values of rows as JSON: what NumPy, pandas and the standard library use for numbers, times and missing values."""

import datetime as dt
import decimal
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any


def json_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as a JSON object."""
    return json.dumps(json_row(row), ensure_ascii=False, allow_nan=False).encode()


def json_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with values that JSON has. Missing values (None, NaN, NaT, NA) are left out."""
    values = ((str(name), json_value(value)) for name, value in row.items())
    return {name: value for name, value in values if value is not None}


def json_value(value: Any) -> Any:
    """Return a value as JSON has it; None for a missing one.

    Raises `TypeError` for values that have no form in JSON.
    """
    if value is None or _is_missing(value):
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | decimal.Decimal):
        return float(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): json_value(each) for name, each in value.items()}
    return _other_value(value)


def _other_value(value: Any) -> Any:
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays
        return json_value(value.tolist())
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [json_value(each) for each in value]
    raise TypeError(f"A row can hold numbers, texts, booleans and times, not {type(value).__name__}: {value!r:.80}.")


def _is_missing(value: Any) -> bool:
    """Whether a value is NaN, or pandas' NaT or NA. Comparing NA with itself gives NA, which has no truth."""
    if isinstance(value, float | decimal.Decimal):
        return math.isnan(value)
    return type(value).__name__ in {"NaTType", "NAType"}
