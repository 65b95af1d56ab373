"""Read rows sent for prediction (JSON objects) into a table, by the rules of the data set's file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite

import numpy as np

from engine.errors import PointedProblem
from tabular.column_format import FALSE, TRUE, ColumnFormat
from tabular.errors import MAX_PROBLEMS, InvalidRows
from tabular.profile import LABELED
from tabular.readers.row_keys import Row, match_keys
from tabular.readers.values import booleans, date_patterns
from tabular.readers.values.cleaning import clean
from tabular.readers.values.numbers import PLAIN, parse_number
from tabular.reading import InputColumn, RowReading
from tabular.table import Table, TableColumn

Cell = float | int | str | None
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_KEPT_TEXTS, MAX_KEPT_LENGTH = 1_000, 100  # texts of a column, and their characters, that are read one time
MAX_SHOWN = 40  # characters of a value in an error


class _WrongType(Exception):
    """The value does not fit its column's type. The message is a sentence for the caller."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """How the values of one column are read. `texts`: what some texts that occurred were read as, in tuples of one."""

    column: InputColumn
    form: ColumnFormat
    missing: frozenset[str]
    texts: dict[str, tuple[Cell]] = field(default_factory=dict)


class RowReader:
    """Reads rows into the given columns by the rules of a file. Several threads may use it.

    Without `reading`, keys that no column has are ignored.
    """

    def __init__(self, columns: Sequence[InputColumn], reading: RowReading | None) -> None:
        self.columns = tuple(columns)
        self._rules = [_rule(column, reading) for column in columns]
        self._needed = [column.name for column in columns]
        self._known = None if reading is None else frozenset(reading.formats) | frozenset(self._needed)

    def cells(self, rows: Sequence[Row]) -> dict[str, list[Cell]]:
        """Return the values of each column: floats, microseconds since 1970 UTC, or labels. None means missing.

        Raises:
            InvalidRows: up to 100 problems.
        """
        problems = list[PointedProblem]()
        if not self._have_exact_keys(rows):
            rows = match_keys(rows, self._needed, self._known, problems)
        cells = {rule.column.name: _cells(rows, rule, problems) for rule in self._rules}
        if problems:
            raise InvalidRows(problems)
        return cells

    def table(self, rows: Sequence[Row]) -> Table:
        """Return the columns of the rows as a table. Raises `InvalidRows`."""
        return self.table_of_cells(self.cells(rows), len(rows))

    def table_of_cells(self, cells: Mapping[str, Sequence[Cell]], rows: int) -> Table:
        """Return what `cells` returned for this many rows as a table."""
        columns = {column.name: column_of_cells(cells[column.name], column) for column in self.columns}
        return Table(rows=rows, columns=columns)

    def _have_exact_keys(self, rows: Sequence[Row]) -> bool:
        """Tell whether every key is the exact name of a column, and every row has a needed one, as in most requests."""
        known = self._known
        return known is not None and all(
            known.issuperset(row) and any(map(row.__contains__, self._needed)) for row in rows
        )


def _rule(column: InputColumn, reading: RowReading | None) -> _Rule:
    if reading is None:
        return _Rule(column, ColumnFormat(), frozenset({""}))
    form = reading.formats.get(column.name, ColumnFormat())
    return _Rule(column, form, frozenset({"", *reading.missing, *form.missing}))


def column_of_cells(cells: Sequence[Cell], column: InputColumn) -> TableColumn:
    """Return the values of a column, as `RowReader.cells` returns them, as arrays."""
    missing = np.array([cell is None for cell in cells], dtype=np.bool_)
    if column.type in LABELED:
        labels = tuple(sorted({str(cell) for cell in cells if cell is not None}))
        index = {label: code for code, label in enumerate(labels)}
        codes = np.array([index.get(str(cell), -1) for cell in cells], dtype=np.int32)
        return TableColumn(kind="label", values=codes, missing=missing, labels=labels)
    kind, dtype = ("datetime", np.int64) if column.type == "datetime" else ("number", np.float64)
    values = np.array([0 if cell is None else cell for cell in cells], dtype=dtype)
    return TableColumn(kind=kind, values=values, missing=missing)  # type: ignore[arg-type]


def _cells(rows: Sequence[Row], rule: _Rule, problems: list[PointedProblem]) -> list[Cell]:
    """Return the values of a column. Texts that repeat are read one time."""
    cells, name = list[Cell](), rule.column.name
    is_number, texts = rule.column.type == "number", rule.texts
    for number, row in enumerate(rows):
        value = row.get(name)
        if is_number and type(value) is float and isfinite(value):
            cells.append(value)
        elif type(value) is str and (kept := texts.get(value)):  # one look-up: other threads clear the texts
            cells.append(kept[0])
        else:
            known = len(problems)
            cells.append(_checked(value, rule, number, problems))
            if type(value) is str and len(problems) == known and len(value) <= MAX_KEPT_LENGTH:
                if len(texts) >= MAX_KEPT_TEXTS:  # a wrong text is not kept: it is a problem of each row that has it
                    texts.clear()
                texts[value] = (cells[-1],)
    return cells


def _checked(value: object, rule: _Rule, number: int, problems: list[PointedProblem]) -> Cell:
    try:
        return _value(value, rule)
    except _WrongType as error:
        if len(problems) < MAX_PROBLEMS:
            problems.append(PointedProblem.at("rows", number, rule.column.name, detail=str(error)))
        return None


def _value(value: object, rule: _Rule) -> Cell:
    if isinstance(value, str):
        value = clean(value)
        if value in rule.missing:
            return None
    if value is None:
        return None
    match rule.column.type:
        case "number":
            return _number(value, rule)
        case "datetime":
            return _microseconds(value, rule)
        case "boolean":
            return _boolean(value, rule)
        case _ if isinstance(value, str):
            return value
        case _:
            raise _WrongType(f"{rule.column.name!r} takes a string, not {_shown(value)}.")


def _number(value: object, rule: _Rule) -> float | None:
    name = rule.column.name
    if isinstance(value, str):
        number = parse_number(value, rule.form if rule.form.decimal or rule.form.clock else PLAIN)
        if number is None and value.lower() != "nan":
            raise _WrongType(f"{name!r} takes a number, or a text as in the file, not {_shown(value)}.")
        return number
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _WrongType(f"{name!r} takes a number, not {_shown(value)}.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _WrongType(f"{name!r} takes a number between -1.8e308 and 1.8e308.")
    return number


def _microseconds(value: object, rule: _Rule) -> int:
    """Return microseconds since 1970 UTC. A time without an offset is read as UTC."""
    if isinstance(value, str):
        found = date_patterns.microseconds(value, (*rule.form.dates, *_siblings(rule.form.dates), date_patterns.ISO))
        if found is not None:
            return found
        try:
            time = datetime.fromisoformat(value)
            return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)
        except (ValueError, OverflowError):
            pass
    elif set(rule.form.dates) & set(date_patterns.EPOCHS) and isinstance(value, int) and not isinstance(value, bool):
        return date_patterns.microseconds(str(value), rule.form.dates) or 0
    example = "2026-01-31 or 2026-01-31T12:00:00Z"
    raise _WrongType(f"{rule.column.name!r} takes a time such as {example}, or as in the file, not {_shown(value)}.")


def _siblings(patterns: Sequence[str]) -> list[str]:
    """Return the patterns with years of four digits instead of two, and the other way round."""
    return [
        pattern.replace("%y", "%Y") if "%y" in pattern else pattern.replace("%Y", "%y")
        for pattern in patterns
        if "%y" in pattern or "%Y" in pattern
    ]


def _boolean(value: object, rule: _Rule) -> str:
    """Return the column's label for JSON true or false, or for any spelling of it."""
    form, name = rule.form, rule.column.name
    if isinstance(value, str):
        return booleans.label_of(value, form.true, form.false) or value
    if not isinstance(value, bool):
        raise _WrongType(f"{name!r} takes true, false or a string, not {_shown(value)}.")
    if label := form.true if value else form.false:
        return label
    words = TRUE if value else FALSE
    return next((label for label in rule.column.labels if label.lower() in words), str(value).lower())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
