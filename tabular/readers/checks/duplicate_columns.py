"""Warn about columns that repeat another column."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import duckdb

from tabular.profile import Column, DataWarning

MAX_COMPARED = 200  # pairs of columns, all in one query


def duplicate_columns(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Iterator[DataWarning]:
    """Yield a warning for each column that has the values of an earlier one. Equal statistics choose the candidates."""
    pairs = list(_candidates(columns))[:MAX_COMPARED]
    if not pairs:
        return
    tests = ", ".join(f"count(*) FILTER (c{first} IS DISTINCT FROM c{second})" for first, second in pairs)
    different = connection.execute(f"SELECT {tests} FROM profiled").fetchone() or ()  # noqa: S608 - no names
    for (first, second), count in zip(pairs, different, strict=True):
        if not count:
            name, other = columns[second].name, columns[first].name
            yield DataWarning(
                code="duplicate_column",
                column=name,
                detail=f"{name!r} has the same value as {other!r} in every row.",
                fix=f"Remove {name!r} from the file, or list the other columns in `features` of a job.",
            )


def _candidates(columns: Sequence[Column]) -> Iterator[tuple[int, int]]:
    same = defaultdict[tuple[object, ...], list[int]](list)
    for place, column in enumerate(columns):
        if column.distinct > 1:
            facts = (column.type, column.missing, column.distinct, column.min, column.max, column.mean, column.top)
            same[*facts, column.length].append(place)
    for first, *others in same.values():
        yield from ((first, other) for other in others)
