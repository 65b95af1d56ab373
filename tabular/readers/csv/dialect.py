"""How a CSV file is laid out: delimiter, header and column names, found out from its beginning."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tabular.profile import DataWarning
from tabular.readers.csv.options import CsvOptions

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 1_000
DELIMITER_ROWS = 200
DELIMITERS = ",;\t|"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
INTEGER = re.compile(r"[+-]?\d{1,18}")  # fits 64 bits
DECIMAL_COMMA = re.compile(r"[+-]?(\d*,\d+|\d+)")
DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*")
EXCEL_HINT = re.compile(r"sep=(.)\s*")  # a line of Excel's own that names the delimiter

Row = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """`skip`: physical lines before the first row. `rows`: the sample, cells stripped, without the header."""

    delimiter: str
    skip: int
    header: bool
    decimal_comma: bool
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    warnings: tuple[DataWarning, ...]

    @property
    def first_line(self) -> int:
        """Physical line of the header, or of the first row without one."""
        return self.skip + 1


def find_dialect(source: Path, options: CsvOptions) -> Dialect:
    """Return the layout of a readable file that is not empty."""
    lines = _first_lines(source)
    skip = next((place for place, line in enumerate(lines) if line.strip()), 0)
    delimiter = options.delimiter
    if hint := EXCEL_HINT.fullmatch(lines[skip]):
        skip, delimiter = skip + 1, delimiter or hint[1]
    delimiter = delimiter or _delimiter(lines[skip : skip + DELIMITER_ROWS])
    rows = _rows(lines[skip:], delimiter)[: SAMPLE_ROWS + 1]
    missing = frozenset(options.missing) | {""}
    header = has_header(rows, missing) if options.header == "auto" else options.header == "true"
    raw = rows[0] if header else [f"column_{place}" for place in range(1, _common_width(rows) + 1)]
    names, warnings = _names(raw)
    body = [[cell.strip() for cell in row] for row in rows[header:]]
    return Dialect(
        delimiter=delimiter,
        skip=skip,
        header=header,
        decimal_comma=delimiter != "," and _decimal_comma(body),
        names=names,
        rows=tuple(body),
        warnings=tuple(warnings),
    )


def _first_lines(source: Path) -> list[str]:
    with source.open("rb") as file:
        data = file.read(SAMPLE_BYTES)
        cut = bool(file.read(1))
    lines = list(io.StringIO(data.decode("utf-8-sig", "ignore"), newline=""))
    return lines[:-1] if cut and len(lines) > 1 else lines


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    return [row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if row]


def _common_width(rows: Sequence[Row]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 1


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits most rows like the first, then into the most numbers, then into most cells."""
    best = max(DELIMITERS, key=lambda delimiter: _evenness(_rows(lines, delimiter), delimiter))
    return best if _common_width(_rows(lines, best)) > 1 else ","


def _evenness(rows: Sequence[Row], delimiter: str) -> tuple[bool, float, float, int]:
    width = _common_width(rows)
    if width < 2:
        return (False, 0.0, 0.0, 0)
    even = [row for row in rows if len(row) == width]
    pattern = NUMBER if delimiter == "," else re.compile(f"{NUMBER.pattern}|{DECIMAL_COMMA.pattern}")
    numbers = sum(bool(pattern.fullmatch(cell.strip())) for row in even for cell in row)
    return (len(rows[0]) == width, round(len(even) / len(rows), 1), round(numbers / (len(even) * width), 2), width)


def _decimal_comma(rows: Sequence[Row]) -> bool:
    cells = {cell for row in rows for cell in row}
    commas = any("," in cell and DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    return commas and not any("." in cell and NUMBER.fullmatch(cell) for cell in cells)


def has_header(rows: Sequence[Row], missing: frozenset[str]) -> bool:
    """Tell whether the first row names the columns.

    A name above numbers or dates says yes; a number or a missing value in the first row says no. Where all is text, a
    name differs from what stands below it: a first row whose labels come again in their columns is data.
    """
    if len(rows) < 2:
        return True
    first, below = [cell.strip() for cell in rows[0]], rows[1:]
    columns = [
        [row[place].strip() for row in below if place < len(row) and row[place].strip() not in missing]
        for place in range(len(first))
    ]
    named = [
        _like_number(column) and not _measured(cell)
        for cell, column in zip(first, columns, strict=True)
        if column and cell not in missing
    ]
    if any(named):
        return True
    if any(_measured(cell) or (cell and cell in missing) for cell in first):
        return False
    return not any(
        cell in column
        for cell, column in zip(first, columns, strict=True)
        if cell not in missing and len(set(column)) < len(column)
    )


def _measured(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or DECIMAL_COMMA.fullmatch(cell) or DATE_LIKE.fullmatch(cell))


def _like_number(column: Sequence[str]) -> bool:
    return sum(map(_measured, column)) >= 0.9 * len(column)


def _names(raw: Sequence[str]) -> tuple[tuple[str, ...], list[DataWarning]]:
    """Return names that are stripped, not empty and, upper and lower case alike, unique."""
    warnings, names = list[DataWarning](), list[str]()
    taken = {cell.strip().lower() for cell in raw}
    used = set[str]()
    for place, cell in enumerate(raw, 1):
        name = cell.strip()
        if name != cell:
            detail = f"The header {cell!r} has white space around it; the column is called {name!r}."
            warnings.append(DataWarning(code="whitespace_in_header", column=cell, detail=detail))
        if not name or name.lower() in used:
            code = "duplicate_header" if name else "empty_header"
            unique = _unique(name or "column", place if not name else 2, taken)
            detail = f"Column {place} has {'the name of another' if name else 'no name'}; it is called {unique!r}."
            fix = "Give every column a name of its own."
            warnings.append(DataWarning(code=code, column=unique, detail=detail, fix=fix))
            name = unique
        used.add(name.lower())
        taken.add(name.lower())
        names.append(name)
    return tuple(names), warnings


def _unique(stem: str, number: int, taken: set[str]) -> str:
    while f"{stem}_{number}".lower() in taken:
        number += 1
    return f"{stem}_{number}"
