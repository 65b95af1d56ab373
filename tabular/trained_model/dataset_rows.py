"""The rows of a data set as a model reads them: which columns must match, and the tables that it answers for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import PointedProblem
from tabular.names import NameHints
from tabular.profile import LABELED, ColumnType, Profile
from tabular.table import Kind, Table, read_table
from tabular.trained_model.trained_model import TrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededColumn:
    """A column that a data set must have: its type, and what it is for."""

    name: str
    type: ColumnType
    purpose: str

    @property
    def kind(self) -> Kind:
        """How a table holds the column."""
        return "label" if self.type in LABELED else "datetime" if self.type == "datetime" else "number"


def needed_columns(model: TrainedModel) -> list[NeededColumn]:
    """Return the columns that the model reads."""
    purpose = "a feature of the model"
    return [NeededColumn(name=column.name, type=column.type, purpose=purpose) for column in model.input_columns]


def column_problems(needed: Sequence[NeededColumn], profile: Profile, pointer: str) -> list[PointedProblem]:
    """Return every column that the data set lacks or whose values mean something else there."""
    return [PointedProblem(pointer=pointer, detail=detail) for detail in _problems(needed, profile)]


def _problems(needed: Sequence[NeededColumn], profile: Profile) -> Iterator[str]:
    hints = NameHints([column.name for column in profile.columns])
    for column in needed:
        found = profile.column(column.name)
        if found is None:
            hint = hints.hint(column.name)
            yield f"The data set lacks {column.name!r}, {column.purpose}. {hint} Rename its column, or add the column."
        elif not profile.fits_type(found, column.type):
            yield (
                f"{column.name!r}, {column.purpose}, is a {column.type} column, but a {found.type} column in the data "
                f"set. Upload the rows again with ?types={column.name}:{column.type}."
            )


def read_rows(parquet: Path, needed: Sequence[NeededColumn], rows: range) -> Table:
    """Return the needed columns of some rows of a data set, which has no `column_problems`."""
    table = read_table(parquet, [column.name for column in needed], rows)
    columns = {column.name: table.columns[column.name].as_kind(column.kind) for column in needed}
    return Table(rows=table.rows, columns=columns)
