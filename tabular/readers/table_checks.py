"""Checks that every format makes: the columns that options name, and the size of the table."""

import re
from collections.abc import Sequence

from tabular.errors import InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.names import suggest_name
from tabular.readers.options import ReadOptions

UNSTORABLE = re.compile("[\\x00\ud800-\udfff]")


def check_names(options: ReadOptions, names: Sequence[str]) -> None:
    """Raise InvalidDataset if a name cannot be stored, or if an option names a column that the file does not have."""
    _check_storable(names)
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


def _check_storable(names: Sequence[str]) -> None:
    """Raise InvalidDataset for names that no database stores: with NUL or half of a surrogate pair."""
    broken = [name for name in names if UNSTORABLE.search(name)]
    if broken:
        detail = "The name of a column has a NUL character or half of a surrogate pair, which is not valid text."
        raise InvalidDataset([Problem(detail=detail, column=_shown(name), fix="Rename it.") for name in broken])


def _shown(name: str) -> str:
    return name.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


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
