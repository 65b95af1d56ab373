"""Checks that every format makes: the columns that options name, and the size of the table."""

from collections.abc import Sequence

from tabular.errors import InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.names import suggest_name
from tabular.readers.options import ReadOptions


def check_names(options: ReadOptions, names: Sequence[str]) -> None:
    """Raise InvalidDataset if an option names a column that the file does not have."""
    named = [*(("types", name) for name in options.types), *(("date_format", name) for name in options.date_formats)]
    unknown = [
        Problem(
            detail=f"?{parameter}= names the column {name!r}, which the file does not have.",
            column=name,
            fix=suggest_name(name, names),
        )
        for parameter, name in named
        if name not in names
    ]
    if unknown:
        raise InvalidDataset(unknown)


def check_size(rows: int, columns: int, limits: Limits) -> None:
    """Raise OverLimit if the table is too large, InvalidDataset if it is empty."""
    if columns > limits.columns:
        raise OverLimit("columns", limits.columns, columns)
    if not columns or not rows:
        noun = "rows" if columns else "columns"
        raise InvalidDataset([Problem(detail=f"The file has no {noun}.", fix="Send at least two rows.")])
    if rows > limits.rows:
        raise OverLimit("rows", limits.rows, rows)
    if rows * columns > limits.cells:
        raise OverLimit("cells", limits.cells, rows * columns)
