"""Table columns to network inputs: fitted on training rows only, kept with the model, applied to any rows."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.features import FeaturePlan
from tabular.planning.plan import Plan
from tabular.preprocessing.categorical import Embedded, OneHot
from tabular.preprocessing.numeric import Calendar, Raw, Standardized
from tabular.profile import ColumnType
from tabular.reading import InputColumn
from tabular.table import Table, TableColumn

ByItself = Standardized | Raw | OneHot | Calendar
Encoder = ByItself | Embedded
BY_ITSELF: dict[str, type[ByItself]] = {kind.encoding: kind for kind in (Standardized, Raw, OneHot, Calendar)}
ENCODERS: dict[str, type[Encoder]] = {**BY_ITSELF, Embedded.encoding: Embedded}
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedColumn:
    """A feature, its type in the data set, and what was learned about it."""

    name: str
    type: ColumnType
    encoder: Encoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessor:
    """The features in order, each with its fitted encoder.

    Their inputs come in the same order, but for numbers to look vectors up by: these come first, where the layer
    that does it finds them however many inputs the others make.
    """

    columns: tuple[FittedColumn, ...]

    @classmethod
    def fit(cls, table: Table, plan: Plan, row_index: npt.NDArray[np.int64] | None = None) -> "Preprocessor":
        """Learn fills, scales and categories from the given rows (the training rows), all for None."""
        return cls(
            columns=tuple(
                FittedColumn(
                    name=feature.column,
                    type=feature.type,
                    encoder=_fit(feature, table.columns[feature.column].take(row_index)),
                )
                for feature in plan.features
            )
        )

    @property
    def by_inputs(self) -> list[FittedColumn]:
        """The columns in the order of their inputs."""
        return sorted(self.columns, key=lambda column: not isinstance(column.encoder, Embedded))

    @property
    def width(self) -> int:
        """Inputs of the network."""
        return sum(column.encoder.width for column in self.columns)

    @property
    def input_columns(self) -> list[InputColumn]:
        """The columns that rows to predict have."""
        return [
            InputColumn(name=column.name, type=column.type, labels=getattr(column.encoder, "categories", ()))
            for column in self.columns
        ]

    def input_names(self) -> list[str]:
        """Return one name per input, in the order of `transform`'s columns."""
        return [name for column in self.by_inputs for name in column.encoder.names(column.name)]

    def transform(
        self,
        table: Table,
        row_index: npt.NDArray[np.int64] | None = None,
        *,
        dtype: npt.DTypeLike = np.float32,
    ) -> npt.NDArray[Any]:
        """Return x: (rows, width) of the given rows, all for None.

        Raises:
            KeyError: the table lacks a feature.
        """
        rows = table.rows if row_index is None else len(row_index)
        x = np.zeros((rows, self.width), dtype=dtype)
        start = 0
        for column in self.by_inputs:
            end = start + column.encoder.width
            column.encoder.write(table.columns[column.name].take(row_index), x[:, start:end])
            start = end
        return x

    def to_json(self) -> dict[str, Any]:
        """Return everything learned, as JSON values."""
        columns = [
            {"name": column.name, "type": column.type, "encoding": column.encoder.encoding} | asdict(column.encoder)
            for column in self.columns
        ]
        return {"version": VERSION, "columns": columns}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Preprocessor":
        """Read what `to_json` wrote.

        Raises:
            ValueError: written by a newer version.
        """
        if data["version"] != VERSION:
            raise ValueError(f"preprocessor version {data['version']} is not known here")
        return cls(columns=tuple(_fitted(column) for column in data["columns"]))


def _fit(feature: FeaturePlan, column: TableColumn) -> Encoder:
    if feature.size is not None and feature.vectors is not None:
        return Embedded.fit(column, feature.size, feature.vectors)
    return BY_ITSELF[feature.encoding].fit(column)


def _fitted(data: dict[str, Any]) -> FittedColumn:
    about = {"name", "type", "encoding"}
    learned = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name not in about
    }
    build: Callable[..., Encoder] = ENCODERS[data["encoding"]]
    return FittedColumn(name=data["name"], type=data["type"], encoder=build(**learned))
