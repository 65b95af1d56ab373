"""Explain why a CSV file cannot be read, with the line of each problem.

The reader that failed explains itself: broken rows come from DuckDB's list of rejected rows, wrong cells from the
staged table. The file is read again only to turn row numbers into line numbers.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tabular.errors import MAX_PROBLEMS, Problem
from tabular.readers.csv.staging import CsvFile, read_csv_call
from tabular.readers.options import for_columns, listed

MAX_VALUE = 80  # characters of a value that are shown
BLOCK = 1 << 20
MANY_ROWS = 20  # of the same wrong length are a matter of the layout
NOUNS = {"number": "a finite number", "datetime": "a date or time", "boolean": "one of two labels"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCell:
    """A cell that does not fit its column's type. `row` counts from 0 below the header."""

    row: int
    column: str
    type: str
    value: str


def broken_rows(connection: duckdb.DuckDBPyConnection, file: CsvFile, error: duckdb.Error) -> list[Problem]:
    """Return the rows that `error` is about: rows of a wrong length and bad quotes, 1 to 100 problems."""
    rejected = _rejected(connection, file)
    if rejected:
        lines = _lines_of_bytes(file.path, [row.start for row in rejected])
        if layout := _layout_problem(file, rejected, lines):
            return [layout]
        return [_broken_row(file, row, line) for row, line in zip(rejected, lines, strict=True)]
    if "quote" in str(error).lower():
        *_, last = record_lines(file)
        return [_open_quote(last)]
    return [Problem(detail=f"The file cannot be read as CSV: {shortened(str(error).splitlines()[0])}")]


def wrong_cells(file: CsvFile, cells: Sequence[WrongCell]) -> list[Problem]:
    """Return a problem for each cell, in the order of the file, with its line."""
    cells = sorted(cells, key=lambda cell: cell.row)[:MAX_PROBLEMS]
    lines = dict.fromkeys(cell.row for cell in cells)
    wanted = max(lines, default=0)
    found = {row: line for row, line in zip(range(wanted + 1), record_lines(file), strict=False) if row in lines}
    return [_wrong_cell(cell, found.get(cell.row)) for cell in cells]


@dataclass(frozen=True, slots=True)
class _Rejected:
    """A row that DuckDB rejected. `start`: offset of its first byte in the file."""

    start: int
    kind: str
    text: str


def _rejected(connection: duckdb.DuckDBPyConnection, file: CsvFile) -> list[_Rejected]:
    """Read the file once more, collecting what cannot be read instead of failing at it."""
    extra = f", parallel = false, store_rejects = true, rejects_limit = {MAX_PROBLEMS}"
    rows = read_csv_call(file, ["VARCHAR"] * len(file.dialect.names), extra=extra)
    try:
        connection.execute(f"SELECT count(*) FROM {rows}").fetchall()  # noqa: S608 - no names of the file
        found = connection.execute(
            "SELECT line_byte_position, error_type, csv_line FROM reject_errors ORDER BY line_byte_position LIMIT ?",
            [MAX_PROBLEMS],
        ).fetchall()
    except duckdb.Error:
        return []
    seen = dict[int, _Rejected]()
    for position, kind, text in found:
        body = text.lstrip("\r\n")
        start = position - 1 + len(text) - len(body)
        seen.setdefault(start, _Rejected(start, kind, body))
    return list(seen.values())


def _lines_of_bytes(path: Path, offsets: Sequence[int]) -> list[int]:
    """Return the 1-based lines on which the given offsets (ascending) are."""
    lines, line, position = list[int](), 1, 0
    with path.open("rb") as file:
        for offset in offsets:
            while position < offset and (block := file.read(min(BLOCK, offset - position))):
                line += block.count(b"\n") or block.count(b"\r")
                position += len(block)
            lines.append(line)
    return lines


def record_lines(file: CsvFile) -> Iterator[int]:
    """Yield the 1-based line on which each row below the header starts, as DuckDB counts rows."""
    csv.field_size_limit(max(file.limits.line_bytes, 1 << 30))
    dialect = file.dialect
    with file.path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        for _ in range(dialect.lines_before_rows):
            text.readline()
        rows = csv.reader(text, delimiter=dialect.delimiter, skipinitialspace=True)
        start = dialect.lines_before_rows + 1
        for row in rows:
            if row or len(dialect.names) == 1:
                yield start
            start = dialect.lines_before_rows + rows.line_num + 1


def _broken_row(file: CsvFile, row: _Rejected, line: int) -> Problem:
    match row.kind:
        case "MISSING COLUMNS" | "TOO MANY COLUMNS":
            return _ragged(file, row, line)
        case "UNQUOTED VALUE":
            return _open_quote(line)
        case "LINE SIZE OVER MAXIMUM":
            detail = f"The row is longer than {file.limits.line_bytes:,} bytes, the limit for a row."
            fix = "Check for a quote that is never closed, or shorten the values."
            return Problem(detail=detail, line=line, fix=fix)
        case _:
            fix = "Check the row's quotes, delimiters and encoding."
            return Problem(detail="The row cannot be read as CSV.", line=line, value=shortened(row.text), fix=fix)


def _layout_problem(file: CsvFile, rejected: Sequence[_Rejected], lines: Sequence[int]) -> Problem | None:
    """Return one problem for many rows that have the same wrong number of values."""
    widths = {len(_cells(file, row)) for row in rejected}
    if len(rejected) < MANY_ROWS or len(widths) > 1 or any(not row.kind.endswith("COLUMNS") for row in rejected):
        return None
    (width,) = widths
    count = f"{len(rejected)} or more" if len(rejected) == MAX_PROBLEMS else f"{len(rejected)}"
    expected = f"the header has {len(file.dialect.names)}" if file.dialect.header else "other rows do not"
    return Problem(
        detail=f"{count} rows have {width} values, but {expected}. Values are separated at {file.dialect.delimiter!r}.",
        line=lines[0],
        value=shortened(rejected[0].text),
        fix="Send ?delimiter= if another character separates the values. Otherwise give every row and the header the "
        "same number of values.",
    )


def _cells(file: CsvFile, row: _Rejected) -> list[str]:
    return next(csv.reader([row.text], delimiter=file.dialect.delimiter, skipinitialspace=True), [])


def _ragged(file: CsvFile, row: _Rejected, line: int) -> Problem:
    dialect, width = file.dialect, len(file.dialect.names)
    cells = _cells(file, row)
    expected = f"the header has {width}" if dialect.header else f"most rows have {width}"
    fix = "Add the missing values; leave a value empty if it is unknown."
    if row.kind == "TOO MANY COLUMNS":
        fix = f"Put values that contain {dialect.delimiter!r} into double quotes."
    detail = f"The row has {len(cells)} values, but {expected}."
    return Problem(detail=detail, line=line, value=shortened(row.text), fix=fix)


def _open_quote(line: int) -> Problem:
    return Problem(
        detail="A quote that opens in this row is never closed, or text follows a closing quote.",
        line=line,
        fix='Close the quote. Write a double quote inside a value as "".',
    )


def _wrong_cell(cell: WrongCell, line: int | None) -> Problem:
    value = shortened(cell.value)
    return Problem(
        detail=f"{value!r} is not {NOUNS[cell.type]}, unlike the other values of {cell.column!r}.",
        line=line,
        column=cell.column,
        value=value,
        fix=_fix(cell),
    )


def _fix(cell: WrongCell) -> str:
    """Return what to do; a value with digits is never proposed as a spelling for "no value"."""
    labels = f"send {for_columns('types', [cell.column], 'category')} if the values are labels"
    if any(map(str.isdigit, cell.value)) or len(cell.value) > MAX_VALUE:
        return f"Correct the value, or {labels}."
    return f"Correct the value, send ?missing={listed(cell.value)} if it means that there is no value, or {labels}."


def shortened(text: str) -> str:
    """Return at most 80 characters of a text."""
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
