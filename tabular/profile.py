"""The profile of a table: its columns with their statistics, and warnings."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from tabular.column_format import ColumnFormat, FileReading

ColumnType = Literal["number", "category", "boolean", "datetime", "text"]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
LABELED = frozenset({"category", "boolean", "text"})  # stored as strings


@dataclass(frozen=True, slots=True, kw_only=True)
class DataWarning:
    """Something the sender should know, and what can be done about it. `row`: if it is about one cell, from 1."""

    code: str
    detail: str
    column: str | None = None
    fix: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts between neighboring edges. The last bin includes its upper edge."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Values of a number column at fixed shares of its sorted values.

    `low` and `high` leave out the outer 0.5 % on each side, and at least one value each.
    """

    low: float
    lower_quartile: float
    median: float
    upper_quartile: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCount:
    """A value as in the file, and the number of rows that have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Numbers of characters in the values of a text column."""

    min: int
    max: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its type and the distribution of its values.

    distinct: number of different values, without the missing ones.
    integer: whether all numbers are whole.
    min, max: numbers, or in a datetime column RFC 3339 times; times of day such as 14:05:00 if it has no dates.
    quantiles: of a number column with at least 20 values; profiles of version 0.1.0 lack them.
    top: the 20 most frequent values; in a number column only if there are no more than 20.
    singletons: number of values that occur in one row only.
    format: how the values are written in the file, unless as in a program.
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
    quantiles: Quantiles | None = None
    top: tuple[ValueCount, ...] | None = None
    singletons: int | None = None
    length: Lengths | None = None
    format: ColumnFormat | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A table's columns in file order, and how its file was read."""

    rows: int
    columns: tuple[Column, ...]
    warnings: tuple[DataWarning, ...] = ()
    reading: FileReading | None = None

    def column(self, name: str) -> Column | None:
        """Return the column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)

    def fits_type(self, column: Column, wanted: ColumnType) -> bool:
        """Tell whether values of a column mean the same as in one of another type.

        Labels are labels, and a column without values fits every type.
        """
        labels = column.type in LABELED and wanted in LABELED
        return column.type == wanted or labels or column.missing == self.rows

    def to_json(self) -> dict[str, Any]:
        """Return `rows`, `columns`, `warnings` and `reading` as in the dataset resource."""
        return {
            "rows": self.rows,
            "columns": [_column_json(column) for column in self.columns],
            "warnings": [asdict(warning) for warning in self.warnings],
            "reading": self.reading.to_json() if self.reading else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Profile":
        """Read what `to_json` returned. Other keys are ignored."""
        return cls(
            rows=data["rows"],
            columns=tuple(_column(column) for column in data["columns"]),
            warnings=tuple(DataWarning(**warning) for warning in data.get("warnings", ())),
            reading=FileReading.from_json(reading) if (reading := data.get("reading")) else None,
        )


def _column_json(column: Column) -> dict[str, Any]:
    values = {name: _plain(value) for name, value in _shallow(column).items() if value is not None}
    return values | {"format": column.format.to_json()} if column.format else values


def _plain(value: Any) -> Any:
    """Return a value of a column as JSON values. `asdict` would copy every edge and count, which takes much longer."""
    if isinstance(value, (Histogram, Quantiles, Lengths)):
        return _shallow(value)
    return tuple(map(_shallow, value)) if isinstance(value, tuple) else value


def _shallow(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _column(data: dict[str, Any]) -> Column:
    parts = dict(data)
    if histogram := parts.get("histogram"):
        parts["histogram"] = Histogram(edges=tuple(histogram["edges"]), counts=tuple(histogram["counts"]))
    if quantiles := parts.get("quantiles"):
        parts["quantiles"] = Quantiles(**quantiles)
    if "top" in parts:
        parts["top"] = tuple(ValueCount(**entry) for entry in parts["top"])
    if length := parts.get("length"):
        parts["length"] = Lengths(**length)
    if form := parts.get("format"):
        parts["format"] = ColumnFormat.from_json(form)
    return Column(**parts)
