"""Turn the values of a typed table into canonical ones: BIGINT, DOUBLE, TIMESTAMP or stripped VARCHAR."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tabular.errors import MAX_PROBLEMS, InvalidDataset, Problem
from tabular.readers.options import ReadOptions, for_columns
from tabular.readers.typed.source import FRACTIONS, LONG, SourceColumn, SourceTable, Storage
from tabular.readers.values import cleaning
from tabular.sql import literal

EXACT = 10**15  # whole numbers below this are the same in float64
COLUMNS_AT_ONCE = 512  # in one query; its planning time grows with their number
FIRST_YEAR, LAST_YEAR = 1, 9999  # that Python's dates can hold
WANTED: dict[str, Storage] = {"number": "number", "datetime": "time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a column is stored, and the SQL of a stored cell.

    source: SQL that prepares the cell first, once for all other expressions.
    invalid: SQL that is true for a value to reject.
    """

    column: SourceColumn
    storage: Storage
    expression: str
    source: str | None = None
    invalid: str | None = None
    reason: str = ""

    @property
    def prepared(self) -> str:
        """The SQL of the cell to which the other expressions apply."""
        return f"{self.source or self.column.cell} AS {self.column.cell}"

    @property
    def checked(self) -> str:
        """The SQL of a stored cell that fails at an invalid value."""
        return (
            f"CASE WHEN {self.invalid} THEN error('invalid') ELSE {self.expression} END"
            if self.invalid
            else self.expression
        )


def conversions(table: SourceTable) -> list[Conversion]:
    """Return how each column is stored."""
    long = _with_long_numbers(table)
    return [_conversion(column, table.options, is_long=column.place in long) for column in table.columns]


def check_values(table: SourceTable, found: Sequence[Conversion]) -> None:
    """Raise InvalidDataset with the values that cannot be stored, up to 100."""
    problems = list[Problem]()
    for each in _with_invalid_values(table, [each for each in found if each.invalid]):
        if len(problems) < MAX_PROBLEMS:
            problems += _invalid_values(table, each, MAX_PROBLEMS - len(problems))
    if problems:
        raise InvalidDataset(problems)


def _with_invalid_values(table: SourceTable, found: Sequence[Conversion]) -> Iterator[Conversion]:
    """Yield the columns that have invalid values."""
    for start in range(0, len(found), COLUMNS_AT_ONCE):
        group = found[start : start + COLUMNS_AT_ONCE]
        tests = ", ".join(f"bool_or({each.invalid})" for each in group)
        flags = table.connection.execute(f"SELECT {tests} FROM raw").fetchone() or ()  # noqa: S608 - no names
        yield from (each for each, is_invalid in zip(group, flags, strict=True) if is_invalid)


def problem_at(table: SourceTable, row: int, column: str, value: str, reason: str, fix: str) -> Problem:  # noqa: PLR0913, PLR0917 - the fields of a problem
    """Return the problem of one value. `row` counts from 0."""
    line = table.line(row) if table.line else None
    where = "" if table.line else f" in row {row + 1:,}"
    detail = f"{value!r}{where} of {column!r} {reason}."
    return Problem(detail=detail, line=line, column=column, value=value, fix=fix)


def _conversion(column: SourceColumn, options: ReadOptions, *, is_long: bool) -> Conversion:
    storage = column.storage or "label"
    wanted = options.types.get(column.name)
    if is_long or column.name in options.date_formats or (wanted and WANTED.get(wanted) != storage):
        storage = "label"  # inferred from its text, like a column of a CSV file
    match storage:
        case "number":
            return _number(column, options)
        case "time":
            return _time(column)
        case "label":
            return _label(column, options)


def _number(column: SourceColumn, options: ReadOptions) -> Conversion:
    cell = column.cell
    if column.type in FRACTIONS or _has_decimals(column):
        value = f"nullif({cell}::DOUBLE, 'nan'::DOUBLE)"
    else:
        value = f"{cell}::BIGINT"
    if missing := ", ".join(_missing_numbers(options)):
        value = f"CASE WHEN {cell} NOT IN ({missing}) THEN {value} END"
    invalid = f"isinf({cell})" if column.type in FRACTIONS else None
    reason = "is not a finite number"
    return Conversion(column=column, storage="number", expression=value, invalid=invalid, reason=reason)


def _time(column: SourceColumn) -> Conversion:
    cell = column.cell
    return Conversion(
        column=column,
        storage="time",
        expression=f"{cell}::TIMESTAMP",
        invalid=f"NOT isfinite({cell}) OR year({cell}) NOT BETWEEN {FIRST_YEAR} AND {LAST_YEAR}",
        reason=f"is not a time between the years {FIRST_YEAR} and {LAST_YEAR}",
    )


def _label(column: SourceColumn, options: ReadOptions) -> Conversion:
    missing = literal("|".join(map(re.escape, sorted({*options.missing, ""}))))
    return Conversion(
        column=column,
        storage="label",
        source=cleaning.expression(f"{column.cell}::VARCHAR", unicode=True, formulas=False),
        expression=f"CASE WHEN NOT regexp_full_match({column.cell}, {missing}) THEN {column.cell} END",
        invalid=f"contains({column.cell}, chr(0))" if column.type == "VARCHAR" else None,
        reason="has a NUL character, which is not allowed in text",
    )


def _has_decimals(column: SourceColumn) -> bool:
    return column.type.startswith("DECIMAL(") and not column.type.endswith(",0)")


def _missing_numbers(options: ReadOptions) -> Iterator[str]:
    """Yield the missing spellings that are numbers."""
    for spelling in options.missing:
        try:
            number = float(spelling)
        except ValueError:
            continue
        if math.isfinite(number):
            yield repr(number)


def _with_long_numbers(table: SourceTable) -> set[int]:
    """Return the places of columns with whole numbers of more than 15 digits: codes, which float64 would change."""
    suspects = [
        column for column in table.columns if column.type in LONG or re.fullmatch(r"DECIMAL\(\d+,0\)", column.type)
    ]
    found = set[int]()
    for start in range(0, len(suspects), COLUMNS_AT_ONCE):
        group = suspects[start : start + COLUMNS_AT_ONCE]
        tests = ", ".join(f"bool_or({each.cell} >= {EXACT} OR {each.cell} <= -{EXACT})" for each in group)
        flags = table.connection.execute(f"SELECT {tests} FROM raw").fetchone() or ()  # noqa: S608 - no names
        found |= {each.place for each, is_long in zip(group, flags, strict=True) if is_long}
    return found


def _invalid_values(table: SourceTable, each: Conversion, limit: int) -> list[Problem]:
    cell = each.column.cell
    numbered = f"SELECT row_number() OVER () - 1 AS row, {cell} FROM raw"  # noqa: S608 - no names
    query = f"SELECT row, {cell}::VARCHAR FROM ({numbered}) WHERE {each.invalid} ORDER BY row LIMIT {limit}"  # noqa: S608 - no names
    fix = "Correct the value or leave it out."
    if each.storage == "time":
        fix = f"Correct the value, or send {for_columns('types', [each.column.name], 'category')}."
    return [
        problem_at(table, row, each.column.name, value.replace("\0", "\ufffd")[:80], each.reason, fix)
        for row, value in table.connection.execute(query).fetchall()
    ]


def renamed(columns: Sequence[SourceColumn], names: Sequence[str]) -> tuple[SourceColumn, ...]:
    """Return the columns under other names."""
    return tuple(replace(column, name=name) for column, name in zip(columns, names, strict=True))
