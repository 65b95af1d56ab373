"""All checks of a table that was read. To add one, write a function that yields warnings and call it here."""

from collections.abc import Iterator, Sequence

import duckdb

from tabular.profile import Column, DataWarning
from tabular.readers.checks.cardinality import high_cardinality
from tabular.readers.checks.dates import suspicious_dates
from tabular.readers.checks.drift import drift
from tabular.readers.checks.duplicate_columns import duplicate_columns
from tabular.readers.checks.groups import repeated_groups
from tabular.readers.checks.number_dates import number_dates
from tabular.readers.checks.outliers import outliers
from tabular.readers.checks.time_order import time_ordered


def check_table(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: int) -> Iterator[DataWarning]:
    """Yield warnings about the view `profiled`, whose columns are described in order."""
    yield from outliers(connection, columns, rows)
    yield from number_dates(connection, columns)
    yield from suspicious_dates(connection, columns)
    for column in columns:
        yield from high_cardinality(column, rows)
        yield from repeated_groups(column, rows)
    yield from duplicate_columns(connection, columns)
    yield from time_ordered(connection, columns, rows)
    yield from drift(connection, columns, rows)
