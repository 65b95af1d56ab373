"""Decide whether the first row of a CSV file names the columns, and make the names unique."""

import re
from collections.abc import Sequence

from tabular.profile import DataWarning

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
INTEGER = re.compile(r"[+-]?\d{1,18}")  # fits 64 bits
DECIMAL_COMMA = re.compile(r"[+-]?(\d*,\d+|\d+)")
DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*")
MOSTLY = 0.9  # of the values below are numbers or dates

Row = Sequence[str]


def has_header(rows: Sequence[Row], missing: frozenset[str]) -> bool:
    """Return whether the first row names the columns.

    A text above numbers or dates means yes. A number or a missing value in the first row means no. If all cells are
    text, a first row whose labels occur again in their columns is data.
    """
    if len(rows) < 2:
        return True
    first, below = [cell.strip() for cell in rows[0]], rows[1:]
    columns = [
        [row[place].strip() for row in below if place < len(row) and row[place].strip() not in missing]
        for place in range(len(first))
    ]
    if _names_above_numbers(first, columns, missing):
        return True
    if any(_measured(cell) or (cell and cell in missing) for cell in first):
        return False
    return not any(
        cell in column
        for cell, column in zip(first, columns, strict=True)
        if cell not in missing and len(set(column)) < len(column)
    )


def _names_above_numbers(first: Row, columns: Sequence[Sequence[str]], missing: frozenset[str]) -> bool:
    return any(
        _like_number(column) and not _measured(cell)
        for cell, column in zip(first, columns, strict=True)
        if column and cell not in missing
    )


def _measured(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or DECIMAL_COMMA.fullmatch(cell) or DATE_LIKE.fullmatch(cell))


def _like_number(column: Sequence[str]) -> bool:
    return sum(map(_measured, column)) >= MOSTLY * len(column)


def column_names(raw: Sequence[str]) -> tuple[tuple[str, ...], list[DataWarning]]:
    """Return names that are stripped, not empty, and unique regardless of case."""
    warnings, names = list[DataWarning](), list[str]()
    taken = {cell.strip().lower() for cell in raw}
    used = set[str]()
    for number, cell in enumerate(raw, 1):
        name = cell.strip()
        if name != cell:
            detail = f"The header {cell!r} has white space around it; the column is called {name!r}."
            warnings.append(DataWarning(code="whitespace_in_header", column=cell, detail=detail))
        if not name or name.lower() in used:
            name, warning = _renamed(name, number, taken)
            warnings.append(warning)
        used.add(name.lower())
        taken.add(name.lower())
        names.append(name)
    return tuple(names), warnings


def _renamed(name: str, number: int, taken: set[str]) -> tuple[str, DataWarning]:
    """Return a unique name for the column `number` (from 1), whose name is empty or used already."""
    unique = _unique(name or "column", 2 if name else number, taken)
    reason = "has the same name as another column" if name else "has no name"
    return unique, DataWarning(
        code="duplicate_header" if name else "empty_header",
        column=unique,
        detail=f"Column {number} {reason}; it is called {unique!r}.",
        fix="Give every column a name of its own.",
    )


def _unique(stem: str, number: int, taken: set[str]) -> str:
    while f"{stem}_{number}".lower() in taken:
        number += 1
    return f"{stem}_{number}"
