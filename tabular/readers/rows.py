"""Read rows sent for prediction (JSON objects) into a table."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from engine.errors import PointedProblem
from tabular.errors import InvalidRows
from tabular.profile import LABELLED
from tabular.reading import InputColumn
from tabular.table import Table, TableColumn

Row = Mapping[str, Any]
Cell = float | int | str | None
TRUE = frozenset({"true", "yes", "t", "y"})
FALSE = frozenset({"false", "no", "f", "n"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_SHOWN_NAMES = 10
MAX_SHOWN_CHARACTERS = 40


class _WrongType(Exception):
    """The value does not fit its column's type. The message is a sentence for the caller."""


def table_from_rows(rows: Sequence[Row], columns: Sequence[InputColumn]) -> Table:
    """Return the given columns of the rows. A key that is left out, null or "" is a missing value.

    Other keys are ignored, so a row can be sent as it is stored.

    Raises:
        InvalidRows: values do not fit the type of their column. Each has a pointer such as /rows/3/age.
    """
    cells = read_cells(rows, columns)
    return Table(rows=len(rows), columns={column.name: _column(cells[column.name], column) for column in columns})


def read_cells(rows: Sequence[Row], columns: Sequence[InputColumn]) -> dict[str, list[Cell]]:
    """Return the values of each column: floats, microseconds since 1970 UTC, or labels. None means missing.

    Raises:
        InvalidRows: values do not fit the type of their column; up to 100 problems.
    """
    problems = _unrelated_rows(rows, [column.name for column in columns])
    cells = {column.name: _cells(rows, column, problems) for column in columns}
    if problems:
        raise InvalidRows(problems)
    return cells


def _column(cells: Sequence[Cell], column: InputColumn) -> TableColumn:
    missing = np.array([cell is None for cell in cells], dtype=np.bool_)
    if column.type in LABELLED:
        labels = tuple(sorted({str(cell) for cell in cells if cell is not None}))
        index = {label: code for code, label in enumerate(labels)}
        codes = np.array([index.get(str(cell), -1) for cell in cells], dtype=np.int32)
        return TableColumn(kind="label", values=codes, missing=missing, labels=labels)
    kind, dtype = ("datetime", np.int64) if column.type == "datetime" else ("number", np.float64)
    values = np.array([0 if cell is None else cell for cell in cells], dtype=dtype)
    return TableColumn(kind=kind, values=values, missing=missing)  # type: ignore[arg-type]


def _unrelated_rows(rows: Sequence[Row], names: Sequence[str]) -> list[PointedProblem]:
    """Return a problem for each row that has none of the model's columns: surely a mistake, not a row of gaps."""
    known = ", ".join(map(repr, names[:MAX_SHOWN_NAMES])) + (" …" if len(names) > MAX_SHOWN_NAMES else "")
    detail = f"The row has none of the model's columns, which are {known}."
    wanted = frozenset(names)
    return [
        PointedProblem.at("rows", number, detail=detail) for number, row in enumerate(rows) if wanted.isdisjoint(row)
    ]


def _cells(rows: Sequence[Row], column: InputColumn, problems: list[PointedProblem]) -> list[Cell]:
    cells = list[Cell]()
    for number, row in enumerate(rows):
        value = row.get(column.name)
        try:
            cells.append(None if value is None or value == "" else _value(value, column))
        except _WrongType as error:
            problems.append(PointedProblem.at("rows", number, column.name, detail=str(error)))
    return cells


def _value(value: object, column: InputColumn) -> Cell:
    match column.type:
        case "number":
            return _number(value, column.name)
        case "datetime":
            return _microseconds(value, column.name)
        case "boolean" if isinstance(value, bool):
            return _boolean_label(column, truth=value)
        case _ if isinstance(value, str):
            return value.strip() or None
        case _:
            raise _WrongType(f"{column.name!r} takes a string, not {_shown(value)}.")


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _WrongType(f"{name!r} takes a number, not {_shown(value)}.")
    try:
        return float(value)
    except OverflowError as error:
        raise _WrongType(f"{name!r} takes a number below 1.8e308.") from error


def _microseconds(value: object, name: str) -> int:
    """Return microseconds since 1970 UTC. A time without an offset is read as UTC."""
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value.strip())
        except ValueError:
            pass
        else:
            return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)
    raise _WrongType(f"{name!r} takes a time such as 2026-01-31 or 2026-01-31T12:00:00Z, not {_shown(value)}.")


def _boolean_label(column: InputColumn, *, truth: bool) -> str:
    """Return the column's label for JSON true or false, if training saw one."""
    wanted = TRUE if truth else FALSE
    return next((label for label in column.labels if label.lower() in wanted), str(truth).lower())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"
