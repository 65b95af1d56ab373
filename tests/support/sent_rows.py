"""Read rows as they are sent for prediction."""

from collections.abc import Sequence
from typing import Any

from tabular.readers.rows import RowReader
from tabular.reading import InputColumn, RowReading
from tabular.table import Table


def read_cells(
    rows: Sequence[dict[str, Any]], columns: Sequence[InputColumn], reading: RowReading | None = None
) -> dict[str, list[Any]]:
    """Return the values of each column."""
    return RowReader(columns, reading).cells(rows)


def table_from_rows(
    rows: Sequence[dict[str, Any]], columns: Sequence[InputColumn], reading: RowReading | None = None
) -> Table:
    """Return the columns of the rows."""
    return RowReader(columns, reading).table(rows)
