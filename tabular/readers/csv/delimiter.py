"""Find the delimiter of a CSV file from its first lines."""

import csv
from collections import Counter
from collections.abc import Sequence

from tabular.readers.csv.header import Row
from tabular.readers.values.numbers import is_number

DELIMITER_ROWS = 200
DELIMITERS = ",;\t|"
RARE_DELIMITERS = "^~\x01\x1f "  # that count only if all rows fit; the space only beside quotes, as R writes tables


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits most of the first rows alike, then into most numbers, then into most cells."""
    lines = lines[:DELIMITER_ROWS]
    best = max(DELIMITERS, key=lambda delimiter: _evenness(split_rows(lines, delimiter)))
    if common_width(split_rows(lines, best)) > 1:
        return best
    return next((delimiter for delimiter in RARE_DELIMITERS if _all_fit(lines, delimiter)), ",")


def _all_fit(lines: Sequence[str], delimiter: str) -> bool:
    rows = split_rows(lines, delimiter)
    width = common_width(rows[1:])
    if delimiter == " " and not all('"' in line for line in lines[:2]):
        return False
    return len(rows) > 2 and width > 1 and {len(row) for row in rows[1:]} == {width} and width - len(rows[0]) in {0, 1}


def _evenness(rows: Sequence[Row]) -> tuple[bool, float, bool, float, int]:
    width = common_width(rows)
    if width < 2:
        return (False, 0.0, False, 0.0, 0)
    even = [row for row in rows if len(row) == width]
    numbers = sum(is_number(cell.strip()) for row in even for cell in row)
    share = numbers / (len(even) * width)
    first = len(rows[0])
    return (abs(first - width) <= 1, round(len(even) / len(rows), 1), first > 1, round(share, 2), width)


def split_rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Return the rows of some lines, without blank ones."""
    return [row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if row]


def common_width(rows: Sequence[Row]) -> int:
    """Return the most frequent number of cells, 1 for no rows."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 1
