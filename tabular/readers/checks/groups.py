"""Warn about columns of customers, patients or machines that have several rows each."""

import re
from collections.abc import Iterator

from tabular.profile import Column, DataWarning

MIN_GROUPS = 10
MIN_ROWS_PER_GROUP = 1.5  # on average
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
MEMBERS = frozenset({
    "account", "borrower", "buyer", "client", "customer", "device", "driver", "employee", "engine", "family",
    "household", "kunde", "machine", "member", "passenger", "patient", "person", "player", "sensor", "student",
    "subject", "subscriber", "user", "vehicle", "visitor", "voter", "worker",
})  # fmt: skip
NUMBERS = frozenset({"id", "no", "nr", "num", "number", "key", "code", "name", "uid", "uuid", "ref", "email", "hash"})


def repeated_groups(column: Column, rows: int) -> Iterator[DataWarning]:
    """Yield a warning if the column's name and its repeated values say that rows belong together."""
    known = rows - column.missing
    if column.type not in {"category", "text", "number"} or column.integer is False:
        return
    if column.distinct < MIN_GROUPS or known < MIN_ROWS_PER_GROUP * column.distinct or not names_members(column.name):
        return
    yield DataWarning(
        code="repeated_groups",
        column=column.name,
        detail=f"{known:,} rows belong to {column.distinct:,} different values of {column.name!r}. If some rows of a "
        "group are held out and others trained on, the evaluation looks better than predictions for new groups.",
        fix=f'In a job, send "training": {{"validation": {{"by": "group", "column": "{column.name}"}}}}.',
    )


def names_members(name: str) -> bool:
    """Tell whether a column's name says whom a row is about, such as customer_id or PatientNo."""
    words = {word.lower() for word in WORD.findall(name)}
    return bool(words & MEMBERS) and words <= MEMBERS | NUMBERS
