"""Warn about labels with so many values that a network can hardly learn each of them."""

from collections.abc import Iterator

from tabular.encodings import ENCODINGS, MAX_CATEGORIES
from tabular.profile import Column, DataWarning

MAX_DISTINCT_SHARE = 0.5  # of the rows, above which most values are too rare


def high_cardinality(column: Column, rows: int) -> Iterator[DataWarning]:
    """Yield a warning if one-hot encoding would join many labels; nothing for identifiers."""
    known = rows - column.missing
    if column.type != "category" or column.distinct in {0, known} or column.distinct <= MAX_CATEGORIES:
        return
    rare = column.distinct > MAX_DISTINCT_SHARE * known
    reason = "Most of them are too rare to learn from." if rare else f"one_hot tells {MAX_CATEGORIES} of them apart."
    advice = f'request {{"column": "{column.name}", "encoding": "embedding"}} in `features`'
    yield DataWarning(
        code="high_cardinality",
        column=column.name,
        detail=f"{column.name!r} has {column.distinct:,} different values in {known:,} rows. {reason}",
        fix=f"Merge values with the same meaning, or {advice}: it learns {ENCODINGS['embedding'].max_categories:,}.",
    )
