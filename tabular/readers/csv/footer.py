"""Find lines below the table of a CSV file: totals, notes, row counts, and empty rows."""

import csv
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tabular.column_format import BLANK
from tabular.profile import DataWarning
from tabular.readers.csv.header import Row, is_measured

TAIL_BYTES = 16 << 10
MAX_LINES = 200  # of a footer; spreadsheets export many empty rows
MIN_ROWS = 3  # full rows above the footer that the end of the file must show
TOTAL = re.compile(
    r"(?i)((sub|grand)? ?-?totals?|sum|summe|gesamt(summe|ergebnis)?|insgesamt|total (g\u00e9n\u00e9ral|general)|"
    r"somme|suma|totale|totaal|toplam|\u0438\u0442\u043e\u0433\u043e|\u0432\u0441\u0435\u0433\u043e|\u5408\u8a08|"
    r"\u5408\u8ba1|average|mean):?"
)
CONTROL = "\x1a"  # the end of a file in DOS
MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Footer:
    """Where the footer starts, in bytes, and its lines that are not empty."""

    start: int
    lines: tuple[str, ...]


def find_footer(path: Path, delimiter: str, width: int, columns: tuple[frozenset[str], ...]) -> Footer | None:
    """Return the footer of a readable file whose rows have `width` cells; `columns`: values of the first rows."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    lines = tail.decode("utf-8", "replace").splitlines(keepends=True)
    if size > TAIL_BYTES:
        lines = lines[1:]
    rows = [_row(line, delimiter) for line in lines]
    start = _start(rows, width, columns)
    if width < 2 or start is None or not any(rows[start:]) or sum(len(row) == width for row in rows[:start]) < MIN_ROWS:
        return None
    footer = lines[start:]
    return Footer(
        size - len("".join(footer).encode()), tuple(line.strip() for line in footer if line.strip(BLANK + CONTROL))
    )


def _row(line: str, delimiter: str) -> Row:
    """Return the cells of one line."""
    cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    return [cell.strip(BLANK + CONTROL) for cell in cells]


def _start(rows: list[Row], width: int, columns: tuple[frozenset[str], ...]) -> int | None:
    """Return the number of the footer's first row, None without a footer."""
    start = len(rows)
    while start > 0 and len(rows) - start < MAX_LINES and _is_footer(rows[start - 1], width, columns):
        start -= 1
    return start if start < len(rows) else None


def _is_footer(row: Row, width: int, columns: tuple[frozenset[str], ...]) -> bool:
    filled = [(place, cell) for place, cell in enumerate(row) if cell]
    if not filled:
        return True
    place, first = filled[0]
    if len(filled) == 1 and place == 0 and width > 2 and any(map(str.isalpha, first)):
        return len(row) < width or " " in first
    others = [cell for _, cell in filled[1:]]
    known = place < len(columns) and first in columns[place]
    return bool(TOTAL.fullmatch(first)) and bool(others) and not known and all(map(is_measured, others))


def without_footer(path: Path, footer: Footer, folder: Path) -> Path:
    """Return a copy of the file that ends above the footer."""
    copy = folder / "without_footer.csv"
    with path.open("rb") as source, copy.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
        out.truncate(footer.start)
    return copy


def skipped_footer(footer: Footer) -> DataWarning:
    """Return the warning that lines below the table are not read."""
    shown = footer.lines[0]
    shown = shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "\u2026"
    found = "lines below the table are not read, because they are totals or notes"
    if len(footer.lines) == 1:
        found = "line below the table is not read, because it is a total or a note"
    return DataWarning(
        code="skipped_footer",
        detail=f"{len(footer.lines)} {found}: {shown!r}.",
        fix="If it belongs to the table, fill all cells of the row.",
    )
