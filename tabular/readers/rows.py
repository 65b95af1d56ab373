"""Rows as a business app sends them, JSON objects, checked against the columns a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.errors import PointedProblem
from tabular.errors import InvalidRows

if TYPE_CHECKING:  # at run time preprocessing stands on tables, and tables on this
    from tabular.preprocessing.preprocessor import FittedColumn

Row = Mapping[str, Any]
Cell = float | int | str | None
TRUE = frozenset({"true", "yes", "t", "y"})
FALSE = frozenset({"false", "no", "f", "n"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Misfit(Exception):
    """A value that is not of its column's type; the message is a sentence."""


def read_cells(rows: Sequence[Row], columns: Sequence[FittedColumn]) -> dict[str, list[Cell]]:
    """Return the values of each column: floats, microseconds since 1970 UTC, or labels; None where missing.

    A key left out, null or "" is a missing value. Other keys are ignored, so that a row can be sent as it is stored.

    Raises:
        InvalidRows: values of another type than their column's, with a pointer to each; up to 100.
    """
    problems = _strangers(rows, [column.name for column in columns])
    cells = {column.name: _cells(rows, column, problems) for column in columns}
    if problems:
        raise InvalidRows(problems)
    return cells


def _strangers(rows: Sequence[Row], names: Sequence[str]) -> list[PointedProblem]:
    """Return rows that name none of the model's columns: surely a mistake, and not a row of missing values."""
    known = ", ".join(map(repr, names[:10])) + (" …" if len(names) > 10 else "")
    detail = f"The row has none of the model's columns, which are {known}."
    wanted = frozenset(names)
    return [
        PointedProblem(pointer=f"/rows/{place}", detail=detail)
        for place, row in enumerate(rows)
        if wanted.isdisjoint(row)
    ]


def _cells(rows: Sequence[Row], column: FittedColumn, problems: list[PointedProblem]) -> list[Cell]:
    cells = list[Cell]()
    for place, row in enumerate(rows):
        value = row.get(column.name)
        try:
            cells.append(None if value is None or value == "" else _value(value, column))
        except _Misfit as error:
            problems.append(PointedProblem(pointer=f"/rows/{place}/{escaped(column.name)}", detail=str(error)))
    return cells


def escaped(name: str) -> str:
    """Return a key as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _value(value: object, column: FittedColumn) -> Cell:
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
            raise _Misfit(f"{column.name!r} takes a string, not {_shown(value)}.")


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Misfit(f"{name!r} takes a number, not {_shown(value)}.")
    try:
        return float(value)
    except OverflowError as error:
        raise _Misfit(f"{name!r} takes a number below 1.8e308.") from error


def _microseconds(value: object, name: str) -> int:
    """Return microseconds since 1970 UTC; a time without an offset is taken for UTC."""
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value.strip())
        except ValueError:
            pass
        else:
            return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)
    raise _Misfit(f"{name!r} takes a time such as 2026-01-31 or 2026-01-31T12:00:00Z, not {_shown(value)}.")


def _boolean_label(column: FittedColumn, *, truth: bool) -> str:
    """Return the label that JSON's true or false stands for in the column, as far as training knew one."""
    wanted = TRUE if truth else FALSE
    known = getattr(column.encoder, "categories", ())
    return next((label for label in known if label.lower() in wanted), str(truth).lower())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
