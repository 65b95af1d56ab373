"""Find the table in a CSV file from its first lines: what comes before it, the delimiter, the width of its rows."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tabular.errors import InvalidDataset, Problem
from tabular.profile import DataWarning
from tabular.readers.csv.delimiter import DELIMITER_ROWS, common_width, find_delimiter, split_rows
from tabular.readers.csv.header import Row
from tabular.readers.values.numbers import is_number

SAMPLE_BYTES = 1 << 20
COMMENT = "#"
MAX_TITLE_ROWS = 20
MOSTLY = 0.9
EXCEL_HINT = re.compile(r"sep=(.)\s*")  # Excel's own first line that names the delimiter
BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the table starts and how its rows are split.

    skip: physical lines before the first row, which may be the header.
    rows: the first rows. ends: for each, the number of physical lines up to its end.
    """

    delimiter: str
    skip: int
    rows: tuple[Row, ...]
    ends: tuple[int, ...]
    warnings: tuple[DataWarning, ...]

    @property
    def width(self) -> int:
        """The most frequent number of cells."""
        return common_width(self.rows)


def find_layout(source: Path, delimiter: str | None, max_rows: int) -> Layout:
    """Return the layout of a readable file that is not empty."""
    csv.field_size_limit(SAMPLE_BYTES)  # a cell may be as long as the sample
    lines = first_lines(source)
    skip = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if hint := EXCEL_HINT.fullmatch(lines[skip]):
        skip, delimiter = skip + 1, delimiter or hint[1]
    comments = _comment_lines(lines[skip:])
    delimiter = delimiter or find_delimiter(lines[skip + comments :])
    if comments and _is_header(lines[skip + comments - 1 :], delimiter):
        comments -= 1
    skip += comments
    rows, ends = _rows_with_ends(lines[skip:], delimiter, max_rows)
    titles = _title_rows(rows)
    skipped = comments + (ends[titles - 1] if titles else 0)
    start = ends[titles - 1] if titles else 0
    return Layout(
        delimiter=delimiter,
        skip=skip + start,
        rows=tuple(rows[titles:]),
        ends=tuple(skip + end for end in ends[titles:]),
        warnings=(_skipped(skipped, skip + start),) if skipped else (),
    )


def first_lines(source: Path) -> list[str]:
    """Return the complete lines of the first megabyte.

    Raises:
        InvalidDataset: the first line is longer.
    """
    with source.open("rb") as file:
        data = file.read(SAMPLE_BYTES)
        truncated = bool(file.read(1))
    lines = list(io.StringIO(data.decode("utf-8-sig", "ignore"), newline=""))
    if truncated and len(lines) == 1:
        detail = f"The first line has more than {SAMPLE_BYTES:,} bytes."
        raise InvalidDataset([Problem(detail=detail, line=1, fix="Send a table whose rows end with line breaks.")])
    return lines[:-1] if truncated else lines


def _rows_with_ends(lines: Sequence[str], delimiter: str, max_rows: int) -> tuple[list[list[str]], list[int]]:
    rows, ends = list[list[str]](), list[int]()
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    for row in reader:
        if row:
            rows.append(row)
            ends.append(reader.line_num)
        if len(rows) == max_rows:
            break
    return rows, ends


def _comment_lines(lines: Sequence[str]) -> int:
    """Return how many lines at the start are comments; none if nothing else follows."""
    count = next((number for number, line in enumerate(lines) if not line.startswith(COMMENT)), 0)
    return count if any(line.strip() for line in lines[count:]) else 0


def _is_header(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether the first line, which starts like a comment, has as many cells as the rows below."""
    first, *below = split_rows(lines[:DELIMITER_ROWS], delimiter)
    return len(first) == common_width(below) > 1


def _title_rows(rows: Sequence[Row]) -> int:
    """Return how many rows at the start are titles: one cell, above rows of several."""
    width = common_width(rows)
    for number, row in enumerate(rows[:MAX_TITLE_ROWS]):
        filled = sum(bool(cell.strip()) for cell in row)
        title = filled <= 1 and (len(row) < min(width, 2) or len(row) == 1 or _above_full_row(rows, number, width))
        if width < 2 or not title:
            return number
    return 0


def _above_full_row(rows: Sequence[Row], number: int, width: int) -> bool:
    """Return whether a row with one filled cell is padded to the width, above a row that is full."""
    following = rows[number + 1] if number + 1 < len(rows) else ()
    return number == 0 and bool(rows[0][0].strip()) and width > 2 and len(following) == width and all(following)


def _skipped(lines: int, skip: int) -> DataWarning:
    noun = "line is a title or comment" if lines == 1 else f"{lines} lines are titles or comments"
    return DataWarning(
        code="skipped_lines",
        detail=f"The first {noun}; the table starts below line {skip}.",
        fix="Remove the lines if a part of the table is missing.",
    )


def is_blank_separated(lines: Sequence[str]) -> bool:
    """Return whether columns of numbers are separated by runs of blanks, and by nothing else."""
    rows = [line.split() for line in lines if line.strip()]
    width = common_width(rows)
    if len(rows) < 3 or width < 2 or any('"' in line for line in lines):
        return False
    even = [row for row in rows if len(row) == width]
    numbers = sum(is_number(cell) for row in even for cell in row)
    return len(even) >= MOSTLY * len(rows) and numbers * 2 >= len(even) * width


def separate_by_tabs(source: Path, copy: Path) -> DataWarning:
    """Write a copy in which runs of blanks are tabs, and return the warning about it."""
    with source.open(encoding="utf-8-sig", newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
        for line in text:
            out.write(BLANKS.sub("\t", line.strip(" \t\r\n")) + "\n")
    return DataWarning(
        code="blank_separated",
        detail="No delimiter was found; the columns are separated at blanks.",
        fix="Send ?delimiter= if a column is split wrongly.",
    )
