"""Recognize columns that only number or name the rows."""

import re

from tabular.profile import Column

NAME = re.compile(r"(^|[\W_])(?i:id|index|key|row|rownum)$|[a-z]I[dD]$")
MIN_ROWS = 20  # in fewer rows, all values being different is no sign of an identifier


def is_identifier(column: Column, rows: int) -> bool:
    """Tell whether every row has its own value: labels, or whole numbers in a column named like an ID."""
    if column.distinct != rows - column.missing or column.distinct < MIN_ROWS:
        return False
    if column.type == "number":
        return bool(column.integer and NAME.search(column.name))
    return column.type in {"category", "text"}
