"""How rows sent for prediction are read: by the rules of the file that a model was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabular.column_format import ColumnFormat
from tabular.profile import ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class InputColumn:
    """A column that a model needs. `labels`: the values of a category or boolean, if known."""

    name: str
    type: ColumnType
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReading:
    """The reading rules of a data set.

    missing: spellings that mean "no value" in every column.
    formats: all columns of the data set, and how their values are written.
    """

    missing: tuple[str, ...]
    formats: dict[str, ColumnFormat]

    @classmethod
    def of_dataset(cls, columns: Sequence[Mapping[str, Any]], reading: Mapping[str, Any]) -> "RowReading":
        """Return the rules from `columns` and `reading` of a data set."""
        formats = {column["name"]: ColumnFormat.from_json(column.get("format", {})) for column in columns}
        return cls(missing=tuple(reading["missing"]), formats=formats)

    def to_json(self) -> dict[str, Any]:
        """Return the rules as JSON values."""
        formats = {name: form.to_json() for name, form in self.formats.items()}
        return {"missing": list(self.missing), "formats": formats}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "RowReading":
        """Read what `to_json` returned."""
        formats = {name: ColumnFormat.from_json(form) for name, form in data["formats"].items()}
        return cls(missing=tuple(data["missing"]), formats=formats)
