"""Collect the values of JSON objects column by column, and write them as Parquet files of one batch each."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.errors import MAX_PROBLEMS, InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.readers.database import write_parquet
from tabular.readers.typed.conversion import EXACT

FIRST_SURROGATE, LAST_SURROGATE = "\ud800", "\udfff"
Array = npt.NDArray[Any]
MAX_NUMBER = sys.float_info.max
BATCH_BYTES = 8 << 20  # of lines; their Python objects take about ten times as much
BATCH_CELLS = 1_000_000


@dataclass(slots=True)
class JsonColumn:
    """A column: its key, and the types of the values so far. Long whole numbers are codes, and stay text."""

    key: str
    types: set[type] = field(default_factory=set)
    long: bool = False  # whether a whole number has more than 15 digits

    @property
    def sql_type(self) -> str:
        """The DuckDB type of all values."""
        types = self.types - {type(None)}
        if types and types <= {int, float}:
            return "DOUBLE" if float in types else "VARCHAR" if self.long else "BIGINT"
        return "BOOLEAN" if types == {bool} else "VARCHAR"


@dataclass(slots=True)
class JsonColumns:
    """The columns of a file, in the order in which their keys appear first."""

    folder: Path
    limits: Limits
    by_key: dict[str, JsonColumn] = field(default_factory=dict)
    parts: list[Path] = field(default_factory=list)
    problems: dict[str, Problem] = field(default_factory=dict)  # the first one of each key

    def write(
        self, connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]], lines: Sequence[int]
    ) -> None:
        """Write rows, which are on these lines of the file, as the next batch."""
        for row in rows:
            if not row.keys() <= self.by_key.keys():
                self._add_columns(row)
        batch = {f"k{place}": self._values(column, rows, lines) for place, column in enumerate(self.by_key.values())}
        if self.problems or not batch:
            return
        part = self.folder / f"part-{len(self.parts)}.parquet"
        connection.register("batch", batch)
        cells = ", ".join(f"{name}::VARCHAR AS {name}" for name in batch)
        write_parquet(connection, f"SELECT {cells} FROM batch", part)  # noqa: S608 - no names of the file
        self.parts.append(part)

    def check(self) -> None:
        """Raise InvalidDataset with the first unsupported value of each column."""
        if self.problems:
            raise InvalidDataset(list(self.problems.values())[:MAX_PROBLEMS])

    def _add_columns(self, row: dict[str, Any]) -> None:
        for key in row:
            self.by_key.setdefault(key, JsonColumn(key))
        if len(self.by_key) > self.limits.columns:
            raise OverLimit("columns", self.limits.columns, len(self.by_key))

    def _values(self, column: JsonColumn, rows: Sequence[dict[str, Any]], lines: Sequence[int]) -> Array:
        """Return the values of a column as (rows,) float64, NaN where missing, or texts, None where missing."""
        values = [row.get(column.key) for row in rows]
        types = set(map(type, values))
        column.types |= types
        if types <= {float, type(None)} and float in types:
            numbers = np.array(values, dtype=np.float64)
            if not np.isinf(numbers).any():
                return numbers
        column.long = column.long or (int in types and any(map(_is_long, values)))
        if types & {list, dict, int, float, str} and (problem := self._problem(column.key, values, types, lines)):
            self.problems.setdefault(column.key, problem)
        texts = values if types <= {str, type(None)} else [_text(value) for value in values]
        return np.array([*texts, None], dtype=object)[:-1]

    @staticmethod
    def _problem(key: str, values: Sequence[Any], types: set[type], lines: Sequence[int]) -> Problem | None:
        """Return the first value that no column can have."""
        checks = (
            ({list, dict}, _is_nested, _nested),
            ({int, float}, _is_too_large, _too_large),
            ({str}, _is_broken_text, _broken_text),
        )
        for kinds, is_wrong, problem in checks:
            if types & kinds:
                for value, line in zip(values, lines, strict=True):
                    if is_wrong(value):
                        return problem(key, value, line)
        return None


def _is_long(value: object) -> bool:
    return type(value) is int and abs(value) >= EXACT


def _is_nested(value: object) -> bool:
    return isinstance(value, (list, dict))


def _is_too_large(value: object) -> bool:
    return type(value) in {int, float} and not -MAX_NUMBER <= value <= MAX_NUMBER  # type: ignore[operator]  # a number


def _is_broken_text(value: object) -> bool:
    return isinstance(value, str) and not value.isascii() and any(map(_is_surrogate, value))


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _is_surrogate(character: str) -> bool:
    return FIRST_SURROGATE <= character <= LAST_SURROGATE


def _nested(key: str, value: object, line: int) -> Problem:
    if isinstance(value, list):
        fix = "Write each element as a column of its own, or send arrays as NPZ."
    else:
        fix = "Write each field as a column of its own."
    kind = "array" if isinstance(value, list) else "object"
    return Problem(
        detail=f"The value of {key!r} is a JSON {kind}.", line=line, column=key, value=repr(value)[:80], fix=fix
    )


def _too_large(key: str, _value: object, line: int) -> Problem:
    detail = f"A number of {key!r} is too large; numbers are between -1.8e308 and 1.8e308."
    return Problem(detail=detail, line=line, column=key, fix="Correct the number or write null.")


def _broken_text(key: str, _value: object, line: int) -> Problem:
    detail = f"A string of {key!r} has half of a surrogate pair, which is not valid Unicode."
    return Problem(detail=detail, line=line, column=key, fix="Write the character itself, or both halves.")
