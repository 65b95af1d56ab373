"""Where a CSV file goes wrong, line by line: slow, exact, and only asked when reading it failed."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from tabular.errors import MAX_PROBLEMS, Problem
from tabular.limits import Limits
from tabular.readers.csv.dialect import Dialect


class _BrokenRow(Exception):
    """The row that starts at `line` cannot be split into cells."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(reason)


def ragged_rows(source: Path, dialect: Dialect, limits: Limits) -> list[Problem]:
    """Return rows with too many or too few cells and quotes that do not end, up to 100."""
    problems = list[Problem]()
    width = len(dialect.names)
    try:
        for line, row in _records(source, dialect, limits):
            if len(row) != width:
                problems.append(_ragged(line, row, width, dialect))
            if len(problems) == MAX_PROBLEMS:
                break
    except _BrokenRow as error:
        problems.append(_broken(error))
    return problems


def bad_cells(
    source: Path, dialect: Dialect, limits: Limits, bad: Mapping[int, tuple[str, frozenset[str]]]
) -> list[Problem]:
    """Return the cells whose stripped text is in `bad[column place]`, a pair of (type, texts), up to 100."""
    problems = list[Problem]()
    for line, row in _records(source, dialect, limits):
        for place, (kind, texts) in bad.items():
            if (cell := row[place].strip()) in texts:
                problems.append(_cell(line, dialect.names[place], cell, kind))
        if len(problems) >= MAX_PROBLEMS:
            break
    return problems


def _records(source: Path, dialect: Dialect, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Yield (physical line where it starts, cells) of every row below the header."""
    csv.field_size_limit(limits.line_bytes)
    with source.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        for _ in range(dialect.skip):
            text.readline()
        rows = csv.reader(text, delimiter=dialect.delimiter, skipinitialspace=True, strict=True)
        header, start = dialect.header, dialect.first_line
        try:
            for row in rows:
                if row and not header:
                    yield start, row
                header = header and not row
                start = dialect.skip + rows.line_num + 1
        except csv.Error as error:
            raise _BrokenRow(start, str(error)) from error


def _ragged(line: int, row: list[str], width: int, dialect: Dialect) -> Problem:
    text = dialect.delimiter.join(row)
    wanted = f"the header has {width}" if dialect.header else f"most rows have {width}"
    fix = "Add the missing values, empty if unknown."
    if len(row) > width:
        fix = f"Put values that contain {dialect.delimiter!r} into double quotes."
    detail = f"The row has {len(row)} values, {wanted}."
    return Problem(detail=detail, line=line, value=shortened(text), fix=fix)


def _broken(error: _BrokenRow) -> Problem:
    if "field larger" in error.reason:
        return Problem(detail="A value is longer than a row may be.", line=error.line, fix="Shorten it.")
    return Problem(
        detail="A quote that opens in this row is never closed, or text follows a closing quote.",
        line=error.line,
        fix='Close the quote; write a double quote inside a value as "".',
    )


def _cell(line: int, column: str, value: str, kind: str) -> Problem:
    noun = {"number": "a finite number", "datetime": "a date or time", "boolean": "one of two labels"}[kind]
    fix = (
        f"Add {shortened(value)!r} to ?missing= if it stands for no value, correct it, or keep the column "
        f"as text with ?types={column}:category."
    )
    detail = f"{shortened(value)!r} is not {noun}, as the other values of {column!r} are."
    return Problem(detail=detail, line=line, column=column, value=shortened(value), fix=fix)


def shortened(text: str) -> str:
    """Return at most 80 characters of a text."""
    return text if len(text) <= 80 else text[:79] + "…"
