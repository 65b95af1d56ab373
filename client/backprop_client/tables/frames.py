"""Data frames of pandas and polars, recognized without importing either."""

import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backprop_client.tables.json_values import json_line


def is_frame(table: object) -> bool:
    """Whether this is a data frame of pandas or polars."""
    return _is_pandas(table) or _is_polars(table)


def rows_of_frame(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a data frame. The index of pandas is no column."""
    rows: list[dict[str, Any]] = frame.to_dict("records") if _is_pandas(frame) else _collected(frame).to_dicts()
    return rows


def frame_file(frame: Any) -> tuple[str, bytes]:
    """Return a data frame as a file of a format that keeps its types: its name and content.

    That is Parquet. pandas writes it with pyarrow; without pyarrow, and for columns of mixed types, it is NDJSON.
    """
    buffer = io.BytesIO()
    if _is_polars(frame):
        _collected(frame).write_parquet(buffer)
        return "parquet", buffer.getvalue()
    try:
        frame.to_parquet(buffer, index=False)
    except (ImportError, TypeError, ValueError):  # pyarrow's errors are subclasses of these
        return "ndjson", lines_of(rows_of_frame(frame))
    return "parquet", buffer.getvalue()


def lines_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as NDJSON."""
    return b"".join(json_line(row) + b"\n" for row in rows)


def is_rows(table: object) -> bool:
    """Whether this is a sequence of rows, each a mapping of column names to values."""
    return (
        isinstance(table, Sequence)
        and not isinstance(table, str | bytes)
        and bool(table)
        and isinstance(table[0], Mapping)
    )


def _is_pandas(table: object) -> bool:
    return "pandas" in sys.modules and isinstance(table, sys.modules["pandas"].DataFrame)


def _is_polars(table: object) -> bool:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(table, polars.DataFrame | polars.LazyFrame)


def _collected(frame: Any) -> Any:
    return frame.collect() if hasattr(frame, "collect") else frame
