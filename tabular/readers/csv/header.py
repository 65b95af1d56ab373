"""Decide whether the first row of a CSV file names the columns, and make the names unique.

Each column gives points for or against a header. Their sum decides; near zero, the sender is warned.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tabular.column_format import BLANK
from tabular.profile import DataWarning
from tabular.readers.values.cleaning import clean
from tabular.readers.values.date_formats import DATE_LIKE
from tabular.readers.values.numbers import NUMBER, by_pattern, is_number

PLAIN_NUMBER = re.compile(NUMBER)
MOSTLY = 0.9  # of the values below are numbers or dates
SURE = 2  # points from which a header is sure
SURELY_DATA = -3  # the same for data
STRONG, WEAK = 3, 1
MAX_DIGITS = 15  # of whole numbers that are looked at
INDEX = "index"  # name of a column that counts the rows
YEARS = (1900, 2100)  # in order, they are names of columns
MAX_SHOWN = 40  # characters of the first row that a warning shows

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class HeaderDecision:
    """Whether the first row names the columns, and whether the evidence is clear."""

    header: bool
    sure: bool


def decide_header(rows: Sequence[Row], missing: frozenset[str]) -> HeaderDecision:
    """Return whether the first of some rows names the columns. A row alone does."""
    if len(rows) < 2:
        return HeaderDecision(header=True, sure=True)
    first, below = [cell.strip(BLANK) for cell in rows[0]], rows[1:]
    columns = [
        [cell for row in below if place < len(row) and (cell := row[place].strip(BLANK)) not in missing]
        for place in range(len(first))
    ]
    points = sum(_points(cell, column, missing) for cell, column in zip(first, columns, strict=True) if column)
    points += _points_of_sequence(first, columns)
    named = [cell for cell in first if cell]
    if len(set(named)) < len(named) and any(map(is_measured, named)):
        points -= STRONG  # a number that repeats in the first row is data
    return HeaderDecision(header=points >= 0, sure=points >= SURE or points <= SURELY_DATA)


def _points(cell: str, column: Sequence[str], missing: frozenset[str]) -> int:
    """Return the points of one column: its first cell and the values below."""
    measured = sum(map(is_measured, column)) >= MOSTLY * len(column)
    if not cell:
        return WEAK if counts_up(column) else 0
    if not is_measured(cell):
        if measured:
            return 0 if cell in missing else STRONG
        repeats = len(set(column)) < len(column)
        if cell in column:
            return -2 if repeats else -WEAK
        return WEAK if repeats and len(set(column)) <= len(column) / 2 and cell not in missing else 0
    if not measured:
        return -2 if cell in column else 0
    return _points_of_number(cell, column)


def _points_of_number(cell: str, column: Sequence[str]) -> int:
    """Return the points of a number or date above numbers or dates."""
    if is_number(cell) != is_number(column[0]):
        return STRONG  # a date above numbers
    whole = _is_whole(cell) and len(cell) <= 4
    if whole and sum(not _is_whole(text) for text in column) >= MOSTLY * len(column):
        return WEAK  # a year or a position above fractions
    return -2


def _points_of_sequence(first: Row, columns: Sequence[Sequence[str]]) -> int:
    """Return points for numbers that count up in the first row, such as 2019, 2020, 2021, and not in the rows below."""
    numbers = [int(cell) for cell in first if _is_whole(cell) and len(cell) <= 4]
    if len(numbers) < 2 or not _steps(numbers):
        return 0
    places = [place for place, cell in enumerate(first) if _is_whole(cell)]
    below = [[columns[place][row] for place in places if row < len(columns[place])] for row in range(3)]
    also = [
        row
        for row in below
        if len(row) == len(numbers) and _steps([int(cell) if _is_whole(cell) else 0 for cell in row])
    ]
    return 0 if also else 3 * len(numbers)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS


def _steps(numbers: Sequence[int]) -> bool:
    """Return whether numbers count up by one, or are years in order, such as 2001 and 2011."""
    by_one = all(after - before == 1 for before, after in pairwise(numbers))
    return by_one or all(YEARS[0] <= before < after <= YEARS[1] for before, after in pairwise(numbers))


def counts_up(column: Sequence[str]) -> bool:
    """Return whether the values are 0, 1, 2, ... or 1, 2, 3, ..."""
    return (
        len(column) > 1
        and column[0] in {"0", "1"}
        and list(column) == [str(number) for number in range(int(column[0]), int(column[0]) + len(column))]
    )


@by_pattern
def is_measured(cell: str) -> bool:
    """Return whether a cell is a number or a date, and so hardly the name of a column."""
    return is_number(cell) or (any(map(str.isdigit, cell)) and bool(DATE_LIKE.fullmatch(cell)))


def unsure(decision: HeaderDecision, first: Row) -> DataWarning:
    """Return the warning that the first row could be read the other way."""
    text = ",".join(first)
    shown = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    taken, other = ("the names of the columns", "false") if decision.header else ("data", "true")
    return DataWarning(
        code="header_unsure",
        detail=f"It is not clear whether the first row ({shown}) names the columns; it is read as {taken}.",
        fix=f"Send ?header={other} to decide otherwise.",
    )


def column_names(raw: Sequence[str], *, index: bool = False) -> tuple[tuple[str, ...], list[DataWarning]]:
    """Return names that are stripped, not empty, and unique regardless of case.

    index: the first column counts the rows.
    """
    warnings, names = list[DataWarning](), list[str]()
    taken = {clean(cell).lower() for cell in raw}
    used = set[str]()
    for number, cell in enumerate(raw, 1):
        name = clean(cell)
        if cell != cell.strip(BLANK):
            detail = f"The header {cell!r} has white space around it; the column is called {name!r}."
            warnings.append(DataWarning(code="whitespace_in_header", column=cell, detail=detail))
        if not name or name.lower() in used:
            name, warning = _renamed(name, number, taken, index=index and number == 1)
            warnings.append(warning)
        used.add(name.lower())
        taken.add(name.lower())
        names.append(name)
    return tuple(names), warnings


def _renamed(name: str, number: int, taken: set[str], *, index: bool) -> tuple[str, DataWarning]:
    """Return a unique name for the column `number` (from 1), whose name is empty or used already."""
    unique = _unique(name or "column", 2 if name else number, taken)
    if index and INDEX not in taken and not name:
        unique = INDEX
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
