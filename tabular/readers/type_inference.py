"""Infer the types of a staged table's string columns: number, datetime, boolean, category or text.

All columns give evidence first. Where the values of a column can be read in two ways, the other columns decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from tabular.column_format import ColumnFormat
from tabular.profile import ColumnType, DataWarning
from tabular.readers import reading_warnings as warn
from tabular.readers.options import ReadOptions
from tabular.readers.values import booleans, date_patterns, durations, numbers
from tabular.readers.values.booleans import Booleans
from tabular.readers.values.date_formats import Order, date_evidence, decide_order, times_only
from tabular.readers.values.evidence import (
    ALWAYS_MISSING,
    MOSTLY,
    ColumnEvidence,
    column_evidence,
    example_of_number_like,
    example_of_other,
)
from tabular.readers.values.number_formats import FileEvidence, decide
from tabular.readers.values.shapes import column_shapes
from tabular.sql import literal

PLAIN_DATES = ("%Y%m%d", "epoch_s", "epoch_ms")  # numbers that are read as dates only if the sender says so
FEWER_YEARS = 2  # times fewer different years decide that two digits are the year
MIXED = 0.2  # a share of numbers or dates among labels that is worth a warning


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredColumn:
    """A column's type and format, and the SQL that turns its staged strings into values of the type.

    place: the column is called c{place} in the view `staged`.
    checked: whether a value that the expression turns into null is a mistake.
    """

    place: int
    name: str
    type: ColumnType
    expression: str
    checked: bool = False
    format: ColumnFormat | None = None
    warnings: tuple[DataWarning, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """What is known about the file before its string columns are looked at.

    point_columns: number columns that are staged already and have a decimal point.
    """

    rows: int
    options: ReadOptions
    semicolons: bool
    point_columns: int


def infer(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[int, str]], context: FileContext
) -> list[InferredColumn]:
    """Return the types of string columns (place, name) of the view `staged`."""
    options = context.options
    names = dict(columns)
    evidence = [
        column_evidence(
            connection, names[shapes.place], shapes, look_for_dates=names[shapes.place] not in options.date_formats
        )
        for shapes in column_shapes(connection, list(names), context.rows)
    ]
    file = FileEvidence(
        point=context.point_columns + sum(column.numbers.uses_point for column in evidence if column.mostly_numbers),
        comma=sum(column.numbers.uses_comma for column in evidence if column.mostly_numbers),
        semicolons=context.semicolons,
        option=options.decimal,
    )
    orders = [column.dates.order for column in evidence if column.mostly_dates]
    votes = orders.count("day_first"), orders.count("month_first")
    return [_column(connection, column, options, file, votes) for column in evidence]


def _column(
    connection: duckdb.DuckDBPyConnection,
    column: ColumnEvidence,
    options: ReadOptions,
    file: FileEvidence,
    votes: tuple[int, int],
) -> InferredColumn:
    """Return the type that the sender wants, or the first one that fits."""
    wanted = options.types.get(column.name)
    if pattern := options.date_formats.get(column.name):
        return _with_missing(_datetime(column, (pattern,)), column)
    if _is_duration(column, wanted):
        return _with_missing(_duration(column), column)
    if wanted == "number" or (wanted is None and column.mostly_numbers and not column.codes):
        return _with_missing(_number(column, file), column)
    if wanted == "datetime" or (wanted is None and column.mostly_dates):
        return _with_missing(_dates(connection, column, votes), column)
    if wanted in {None, "boolean"} and column.booleans:
        return _with_missing(_boolean(column, column.booleans), column)
    return _labels(connection, column, wanted)


def _compact_dates(connection: duckdb.DuckDBPyConnection, column: ColumnEvidence) -> str | None:
    """Return the pattern if all values are eight digits that make a date, such as 01312026."""
    if any(len(shape.text) != 8 or not shape.text.isdigit() for shape in column.shapes.shapes):
        return None
    patterns: dict[Order, tuple[str, ...]] = {
        "year_first": ("%Y%m%d",), "month_first": ("%m%d%Y",), "day_first": ("%d%m%Y",)
    }  # fmt: skip
    hits = date_evidence(connection, f"c{column.place}", column.given, patterns).hits
    return next((patterns[order][0] for order, count in hits.items() if count == column.given), None)


def _is_duration(column: ColumnEvidence, wanted: str | None) -> bool:
    """Return whether to read durations as numbers: if the sender says so, or if some are no times of day."""
    if not column.mostly_durations:
        return False
    return wanted == "number" or (wanted is None and column.dates.best < column.durations)


def _duration(column: ColumnEvidence) -> InferredColumn:
    example = next(shape.example for shape in column.shapes.shapes if durations.is_duration(shape.text))
    form, value = ColumnFormat(clock=True), durations.parse_duration(example)
    return InferredColumn(
        place=column.place,
        name=column.name,
        type="number",
        expression=numbers.expression(f"c{column.place}", form),
        checked=True,
        format=form,
        warnings=(warn.number_format(column.name, example, value or 0.0, form),),
    )


def _number(column: ColumnEvidence, file: FileEvidence) -> InferredColumn:
    cell, decision = f"c{column.place}", decide(column.numbers, file)
    form = decision.form
    plain = form == numbers.PLAIN and column.numbers.plain
    expression = numbers.plain_expression(cell) if plain else numbers.expression(cell, form)
    if plain and set(column.numbers.writings) <= {"small", "whole"} and not _long(column):
        expression = f"TRY_CAST({expression} AS BIGINT)"
    example, warnings = column.numbers.example, list[DataWarning]()
    value = numbers.parse_number(example, form) if example else None
    if example and value is not None and decision.doubt:
        warnings.append(warn.ambiguous_numbers(column.name, example, value, form.decimal or "."))
    elif example and value is not None and not plain:
        warnings.append(warn.number_format(column.name, example, value, form))
    return InferredColumn(
        place=column.place,
        name=column.name,
        type="number",
        expression=expression,
        checked=True,
        format=None if form == numbers.PLAIN else form,
        warnings=tuple(warnings),
    )


def _long(column: ColumnEvidence) -> bool:
    return any(len(shape.text) > 18 for shape in column.shapes.shapes)


def _dates(connection: duckdb.DuckDBPyConnection, column: ColumnEvidence, votes: tuple[int, int]) -> InferredColumn:
    evidence = column.dates
    if not evidence.patterns:  # the sender says that these are dates
        return _datetime(column, (date_patterns.ISO, *PLAIN_DATES))
    order = decide_order(evidence, *votes)
    if order != "year_first" and evidence.year_could_be_first and _fewer_years_first(connection, column):
        order = "year_first"
    patterns = evidence.patterns.get(order) or next(iter(evidence.patterns.values()))
    found = _datetime(column, patterns)
    warnings = [warn.ambiguous_dates(column.name, order)] if evidence.ambiguous else []
    if evidence.year_could_be_first:
        other = evidence.patterns["year_first" if order != "year_first" else "day_first"]
        pattern = next(pattern for pattern in other if "%y" in pattern)
        warnings.append(warn.year_first(column.name, column.shapes.shapes[0].example, pattern))
    elif times_only(patterns) and column.mostly_durations:
        warnings.append(warn.times_of_day(column.name, column.shapes.shapes[0].example))
    if any("%y" in pattern for pattern in patterns):
        query = f"SELECT min(year(d)), max(year(d)) FROM (SELECT {found.expression} AS d FROM staged)"  # noqa: S608 - no names
        first, last = connection.execute(query).fetchone() or (0, 0)
        warnings.append(warn.two_digit_years(column.name, column.shapes.shapes[0].example, first, last))
    return replace(found, warnings=tuple(warnings))


def _fewer_years_first(connection: duckdb.DuckDBPyConnection, column: ColumnEvidence) -> bool:
    """Return whether dates have fewer different years if the year is first: days of the month vary more than years."""
    evidence, cell = column.dates, f"c{column.place}"
    both: tuple[Order, ...] = ("day_first", "month_first")
    orders = [order for order in both if evidence.hits.get(order) == evidence.best]
    found = [evidence.patterns["year_first"], *(evidence.patterns[order] for order in orders)]
    counts = ", ".join(f"count(DISTINCT year({date_patterns.expression(cell, patterns)}))" for patterns in found)
    first, *others = connection.execute(f"SELECT {counts} FROM staged").fetchone() or (0,)  # noqa: S608 - no names
    return bool(first * FEWER_YEARS <= min(others, default=0))


def _datetime(column: ColumnEvidence, patterns: tuple[str, ...]) -> InferredColumn:
    return InferredColumn(
        place=column.place,
        name=column.name,
        type="datetime",
        expression=date_patterns.expression(f"c{column.place}", patterns),
        checked=True,
        format=ColumnFormat(dates=patterns),
    )


def _boolean(column: ColumnEvidence, found: Booleans) -> InferredColumn:
    cell = f"c{column.place}"
    several = found.spellings > (found.true is not None) + (found.false is not None)
    return InferredColumn(
        place=column.place,
        name=column.name,
        type="boolean",
        expression=booleans.expression(cell, found.true, found.false) if several or column.words else cell,
        checked=bool(column.words),
        format=ColumnFormat(true=found.true, false=found.false),
        warnings=(warn.boolean_spellings(column.name, found.true, found.false),) if several else (),
    )


def _with_missing(found: InferredColumn, column: ColumnEvidence) -> InferredColumn:
    """Add the words of the column that mean "no value" to its format."""
    spellings = tuple(word.example for word in column.words)
    if not spellings:
        return found
    count = sum(word.count for word in column.words)
    return replace(
        found,
        format=replace(found.format or ColumnFormat(), missing=spellings),
        warnings=(*found.warnings, warn.missing_in_column(column.name, spellings, count)),
    )


def _labels(connection: duckdb.DuckDBPyConnection, column: ColumnEvidence, wanted: str | None) -> InferredColumn:
    kind: ColumnType = "text" if wanted == "text" or (wanted is None and column.free_text) else "category"
    if wanted == "boolean":
        kind = "boolean"
    warnings = list(_label_warnings(column)) if wanted is None else []
    if wanted is None and column.codes and (pattern := _compact_dates(connection, column)):
        warnings = [warn.looks_like_dates(column.name, column.shapes.shapes[0].example, pattern, "labels")]
    cell = f"c{column.place}"
    return InferredColumn(place=column.place, name=column.name, type=kind, expression=cell, warnings=tuple(warnings))


def _label_warnings(column: ColumnEvidence) -> list[DataWarning]:
    name, shapes = column.name, column.shapes.shapes
    if column.codes and column.mostly_numbers:
        example = next((shape.example for shape in shapes if shape.text.startswith("0")), shapes[0].example)
        return [warn.codes(name, example)]
    warnings = [found] if (found := _other_types(column)) else []
    words = [word for word in column.words if word.text.lower() in ALWAYS_MISSING]
    if words and len(words) < len(shapes):
        count = sum(word.count for word in words)
        warnings.append(warn.possibly_missing(name, [word.example for word in words], count))
    return warnings


def _other_types(column: ColumnEvidence) -> DataWarning | None:
    """Return a warning if many of the labels look like numbers or dates."""
    name, shapes, values = column.name, column.shapes.shapes, column.shapes.values
    if len(column.numbers.units) > 1 and column.with_units >= MOSTLY * column.given:
        return warn.mixed_units(name, [unit for unit, _ in column.numbers.units.most_common()])
    if column.numbers.values >= MIXED * values > 0:
        examples = example_of_other(shapes, numbers=True), example_of_other(shapes, numbers=False)
        return warn.mixed_types(name, "numbers", column.numbers.values, values, examples)
    if column.dates.best >= MIXED * values > 0:
        return warn.mixed_types(name, "dates", column.dates.best, values, (shapes[0].example, shapes[-1].example))
    if example := example_of_number_like(shapes):
        return warn.number_like_labels(name, example)
    return None


def rejected(column: InferredColumn) -> str:
    """Return SQL that is true for a value that does not fit the column's type."""
    missing = column.format.missing if column.format else ()
    known = f" AND c{column.place} NOT IN ({', '.join(map(literal, missing))})" if missing else ""
    return f"c{column.place} IS NOT NULL AND ({column.expression}) IS NULL{known}"
