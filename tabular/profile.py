"""What is known about a table once it was read: its columns, their statistics, and warnings."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

ColumnType = Literal["number", "category", "boolean", "datetime", "text"]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
LABELLED = frozenset({"category", "boolean", "text"})  # stored as strings


@dataclass(frozen=True, slots=True, kw_only=True)
class DataWarning:
    """Something the sender should know, and what could be done about it."""

    code: str
    detail: str
    column: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts between neighbouring edges; the last bin holds its upper edge too."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCount:
    """A value as it stands in the file, and in how many rows."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Characters in a text column's values."""

    min: int
    max: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what it holds and how it is distributed.

    `distinct` counts without missing values. `integer`: only whole numbers. `min` and `max` are numbers, or
    RFC 3339 times of a datetime column. `top`: the most frequent values, all of them when there are at
    most 20. `singletons`: how many values stand in one row only.
    """

    name: str
    type: ColumnType
    missing: int
    distinct: int
    integer: bool | None = None
    min: float | int | str | None = None
    max: float | int | str | None = None
    mean: float | None = None
    stddev: float | None = None
    histogram: Histogram | None = None
    top: tuple[ValueCount, ...] | None = None
    singletons: int | None = None
    length: Lengths | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A table's columns in file order."""

    rows: int
    columns: tuple[Column, ...]
    warnings: tuple[DataWarning, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return `rows`, `columns` and `warnings` as the dataset resource shows them."""
        return {
            "rows": self.rows,
            "columns": [_without_none(asdict(column)) for column in self.columns],
            "warnings": [asdict(warning) for warning in self.warnings],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Profile":
        """Read what `to_json` wrote; further keys of the resource are ignored."""
        return cls(
            rows=data["rows"],
            columns=tuple(_column(column) for column in data["columns"]),
            warnings=tuple(DataWarning(**warning) for warning in data.get("warnings", ())),
        )


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _column(data: dict[str, Any]) -> Column:
    parts = dict(data)
    if histogram := parts.get("histogram"):
        parts["histogram"] = Histogram(edges=tuple(histogram["edges"]), counts=tuple(histogram["counts"]))
    if "top" in parts:
        parts["top"] = tuple(ValueCount(**entry) for entry in parts["top"])
    if length := parts.get("length"):
        parts["length"] = Lengths(**length)
    return Column(**parts)
