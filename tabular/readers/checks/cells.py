"""Read single columns and find cells of the view `profiled`, whose columns are called c0, c1, ..."""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def known_numbers(connection: duckdb.DuckDBPyConnection, places: Sequence[int]) -> list[Array]:
    """Return the numbers of each column that are not missing, in file order."""
    return _known(connection, [f"c{place}" for place in places])


def known_times(connection: duckdb.DuckDBPyConnection, place: int) -> Array:
    """Return the times of a column that are not missing, as microseconds since 1970 in file order."""
    return _known(connection, [f"epoch_us(c{place})"])[0]


def _known(connection: duckdb.DuckDBPyConnection, expressions: Sequence[str]) -> list[Array]:
    """Return each expression's values in one pass: a query for each of thousands of columns is slow."""
    cells = ", ".join(f"{expression} AS v{place}" for place, expression in enumerate(expressions))
    arrays = connection.execute(f"SELECT {cells} FROM profiled").fetchnumpy().values()  # noqa: S608 - no names
    return [values.compressed() if isinstance(values, np.ma.MaskedArray) else values for values in arrays]


def first_row(connection: duckdb.DuckDBPyConnection, expression: str, value: Any) -> int:
    """Return the number of the first row, counted from 1, in which an expression (SQL) has a value."""
    rows = f"SELECT row_number() OVER () AS row, {expression} AS v FROM profiled"  # noqa: S608 - no names
    (row,) = connection.execute(f"SELECT min(row) FROM ({rows}) WHERE v = ?", [value]).fetchone() or (None,)  # noqa: S608
    return int(row or 0)


def spelling(connection: duckdb.DuckDBPyConnection, place: int, row: int) -> str | None:
    """Return a cell as it is in the file; None if the file has no text."""
    try:
        query = f"SELECT c{place} FROM staged LIMIT 1 OFFSET ?"  # noqa: S608 - no names
        (cell,) = connection.execute(query, [row - 1]).fetchone() or (None,)
    except duckdb.CatalogException:
        return None
    return None if cell is None else str(cell)
