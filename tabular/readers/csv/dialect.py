"""Detect the dialect of a CSV file from its beginning: delimiter, header, decimal separator."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tabular.profile import DataWarning
from tabular.readers.csv.header import DECIMAL_COMMA, NUMBER, Row, column_names, has_header
from tabular.readers.options import ReadOptions

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 1_000
DELIMITER_ROWS = 200
DELIMITERS = ",;\t|"
EXCEL_HINT = re.compile(r"sep=(.)\s*")  # Excel's own first line that names the delimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the file is laid out.

    skip: physical lines before the first row.
    rows: the first rows without the header, cells stripped.
    """

    delimiter: str
    skip: int
    header: bool
    decimal_comma: bool
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    warnings: tuple[DataWarning, ...]

    @property
    def first_line(self) -> int:
        """Physical line of the header, or of the first row if there is none."""
        return self.skip + 1


def find_dialect(source: Path, options: ReadOptions) -> Dialect:
    """Return the dialect of a readable file that is not empty."""
    lines = _first_lines(source)
    skip = next((number for number, line in enumerate(lines) if line.strip()), 0)
    delimiter = options.delimiter
    if hint := EXCEL_HINT.fullmatch(lines[skip]):
        skip, delimiter = skip + 1, delimiter or hint[1]
    delimiter = delimiter or find_delimiter(lines[skip : skip + DELIMITER_ROWS])
    rows = _rows(lines[skip:], delimiter)[: SAMPLE_ROWS + 1]
    missing = frozenset(options.missing) | {""}
    header = has_header(rows, missing) if options.header == "auto" else options.header == "true"
    raw = rows[0] if header else [f"column_{number}" for number in range(1, _common_width(rows) + 1)]
    names, warnings = column_names(raw)
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
        truncated = bool(file.read(1))
    lines = list(io.StringIO(data.decode("utf-8-sig", "ignore"), newline=""))
    return lines[:-1] if truncated and len(lines) > 1 else lines


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    return [row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if row]


def _common_width(rows: Sequence[Row]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 1


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits most rows like the first, then into most numbers, then into most cells."""
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
