"""Table columns to network inputs: fitted on training rows only, stored with the model, applied to any rows."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.preprocessing.encoders.categorical import EmbeddingEncoder
from tabular.preprocessing.encoders.piecewise import NumericEmbeddingEncoder
from tabular.preprocessing.encoders.registry import Encoder, fit_encoder, read_encoder
from tabular.profile import ColumnType
from tabular.reading import InputColumn
from tabular.table import Table

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedColumn:
    """A feature, its type in the data set, and its fitted encoder."""

    name: str
    type: ColumnType
    encoder: Encoder

    @property
    def is_embedded(self) -> bool:
        """Whether its only input is a category number that a layer looks up."""
        return isinstance(self.encoder, EmbeddingEncoder)

    @property
    def has_waves(self) -> bool:
        """Whether a layer adds waves of its first input."""
        return isinstance(self.encoder, NumericEmbeddingEncoder) and self.encoder.size is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessor:
    """The features in order, each with its fitted encoder.

    Inputs have the same order, except that the category numbers of embedded features come first, and then numbers with
    waves: there the first layers find them no matter how many inputs the other features make.
    """

    columns: tuple[FittedColumn, ...]

    @classmethod
    def fit(cls, table: Table, plan: Plan, row_index: npt.NDArray[np.int64] | None = None) -> "Preprocessor":
        """Learn fill values, scales and categories from the given training rows; None: from all rows."""
        columns = []
        for feature in plan.features:
            encoder = fit_encoder(feature, table.columns[feature.column].take(row_index))
            columns.append(FittedColumn(name=feature.column, type=feature.type, encoder=encoder))
        return cls(columns=tuple(columns))

    @property
    def columns_by_input(self) -> list[FittedColumn]:
        """The columns in the order of their inputs."""
        return sorted(self.columns, key=lambda column: (not column.is_embedded, not column.has_waves))

    @property
    def wave_inputs(self) -> list[int]:
        """The numbers of the inputs of which the first layer makes waves, in ascending order."""
        first = {name: int(inputs[0]) for name, inputs in self.inputs_by_column().items() if len(inputs)}
        return sorted(first[column.name] for column in self.columns if column.has_waves)

    @property
    def width(self) -> int:
        """The number of inputs of the network."""
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
        return [name for column in self.columns_by_input for name in column.encoder.names(column.name)]

    def inputs_by_column(self, steps: int = 1) -> dict[str, npt.NDArray[np.int64]]:
        """Return the numbers of the inputs that each column makes, in all of `steps` time steps."""
        found, start = dict[str, npt.NDArray[np.int64]](), 0
        for column in self.columns_by_input:
            end = start + column.encoder.width
            found[column.name] = (np.arange(steps)[:, None] * self.width + np.arange(start, end)).reshape(-1)
            start = end
        return {column.name: found[column.name] for column in self.columns}

    def transform(
        self,
        table: Table,
        row_index: npt.NDArray[np.int64] | None = None,
        *,
        dtype: npt.DTypeLike = np.float32,
    ) -> npt.NDArray[Any]:
        """Return x: (rows, width) of the given rows; None: of all rows.

        Raises:
            KeyError: the table lacks a feature.
        """
        rows = table.rows if row_index is None else len(row_index)
        x = np.zeros((rows, self.width), dtype=dtype)
        start = 0
        for column in self.columns_by_input:
            end = start + column.encoder.width
            column.encoder.write(table.columns[column.name].take(row_index), x[:, start:end])
            start = end
        return x

    def to_json(self) -> dict[str, Any]:
        """Return everything that was learned, as JSON values."""
        columns = [
            {"name": column.name, "type": column.type, "encoding": column.encoder.encoding} | asdict(column.encoder)
            for column in self.columns
        ]
        return {"version": VERSION, "columns": columns}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Preprocessor":
        """Read what `to_json` wrote.

        Raises:
            ValueError: a newer version wrote it.
        """
        if data["version"] != VERSION:
            raise ValueError(f"preprocessor version {data['version']} is unknown; this version reads {VERSION}")
        return cls(columns=tuple(map(_read_column, data["columns"])))


def _read_column(data: dict[str, Any]) -> FittedColumn:
    fitted = {name: value for name, value in data.items() if name not in {"name", "type", "encoding"}}
    return FittedColumn(name=data["name"], type=data["type"], encoder=read_encoder(data["encoding"], fitted))
