"""Recognize files whose quotes do not follow the rules of CSV, and rewrite them or read quotes as text."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tabular.profile import DataWarning
from tabular.readers.csv.delimiter import DELIMITER_ROWS, common_width, find_delimiter, split_rows
from tabular.readers.csv.header import Row

MOSTLY = 0.9
MIN_BROKEN = 3  # lines; fewer are mistakes, except between tabs, where quoting is rare


def is_wrapped(lines: Sequence[str]) -> bool:
    """Return whether each line is one quoted cell that holds a whole row."""
    lines = [line for line in lines[:DELIMITER_ROWS] if line.strip()]
    if len(lines) < 3 or sum(line.strip().startswith('"') for line in lines) < MOSTLY * len(lines):
        return False
    cells = split_rows(lines, "\x1f")
    if len(cells) != len(lines) or any(len(row) != 1 for row in cells):
        return False
    inner = [row[0] for row in cells]
    rows = split_rows(inner, find_delimiter(inner))
    width = common_width(rows)
    outer = split_rows(lines, find_delimiter(lines))
    return width > 1 and common_width(outer) == 1 and sum(len(row) == width for row in rows) >= MOSTLY * len(rows)


def unwrap(source: Path, copy: Path) -> DataWarning:
    """Write a copy in which the outer quotes of each line are removed."""
    with source.open(encoding="utf-8-sig", newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
        out.writelines(row[0] + "\n" if row else "\n" for row in csv.reader(text, delimiter="\x1f"))
    return DataWarning(
        code="quoting",
        detail="Each line of the file is in quotes as a whole; the quotes around the lines are removed.",
        fix="Export the table again, with quotes around single values only.",
    )


def has_escapes(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether backslashes before quotes and delimiters are escapes: with them, the rows fit together."""
    lines = lines[:DELIMITER_ROWS]
    if not any(f"\\{character}" in line for line in lines for character in ('"', delimiter)):
        return False
    return _even(split_rows(lines, delimiter)) < 1.0 and _even(list(_escaped(lines, delimiter))) == 1.0


def _escaped(lines: Sequence[str], delimiter: str) -> Iterator[Row]:
    return (row for row in csv.reader(lines, delimiter=delimiter, escapechar="\\", skipinitialspace=True) if row)


def _even(rows: Sequence[Row]) -> float:
    width = common_width(rows)
    whole = all("\n" not in cell for row in rows for cell in row)
    return sum(len(row) == width for row in rows) / max(len(rows), 1) if width > 1 and whole else 0.0


def without_escapes(source: Path, copy: Path, delimiter: str) -> DataWarning:
    """Write a copy in which quotes are doubled instead of escaped by backslashes."""
    with source.open(encoding="utf-8-sig", newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
        rows = csv.reader(text, delimiter=delimiter, escapechar="\\", skipinitialspace=True)
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return DataWarning(
        code="quoting",
        detail="Backslashes before quotes and delimiters are read as escapes.",
        fix='Write a double quote inside a value as "" if this is wrong.',
    )


def quotes_are_text(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether quotes are part of the values: text follows a closing quote, and the lines fit without quoting."""
    row = _well_formed_row(delimiter)
    lines = [line.rstrip("\r\n") for line in lines if line.strip()]
    count = sum(not row.fullmatch(line) for line in lines if '"' in line)
    if not count or (delimiter != "\t" and count < MIN_BROKEN):
        return False
    rows = [line.split(delimiter) for line in lines]
    width = len(rows[0])
    return width > 1 and all(len(row) == width for row in rows)


def _well_formed_row(delimiter: str) -> re.Pattern[str]:
    """Return the pattern of lines in which nothing follows a closing quote and no quote stays open."""
    end = re.escape(delimiter)
    cell = rf'(?: *"(?:[^"]|"")*+" *|(?! *")[^{end}]*)'
    return re.compile(rf"{cell}(?:{end}{cell})*")


def quote_again(source: Path, copy: Path, delimiter: str) -> DataWarning:
    """Write a copy in which values with quotes are enclosed in quotes, as CSV wants."""
    with source.open(encoding="utf-8-sig", newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
        out.writelines(delimiter.join(map(_quoted, line.rstrip("\r\n").split(delimiter))) + "\n" for line in text)
    return DataWarning(
        code="quoting",
        detail="The quotes in the file do not enclose values; they are read as part of the text.",
        fix='Enclose values in double quotes, and write a double quote inside as "", if this is wrong.',
    )


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if '"' in cell else cell
