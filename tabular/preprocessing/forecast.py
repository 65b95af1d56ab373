"""Read rows of history that are sent for prediction: which series they are, and what follows after each."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import PointedProblem
from tabular.errors import MAX_PROBLEMS, InvalidRows
from tabular.planning.plan import Plan
from tabular.preprocessing.windows import ShortSeries, TimeSeries
from tabular.profile import ColumnType
from tabular.reading import InputColumn
from tabular.sequence import SequenceSpec
from tabular.table import Table, TableColumn

Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How a model makes windows of the rows of history. `types`: of the columns that order and group the rows."""

    sequence: SequenceSpec
    types: dict[str, ColumnType]

    @classmethod
    def of(cls, plan: Plan, table_types: dict[str, ColumnType]) -> "Forecast | None":
        """Return the windows of a plan; None if each row is a sample."""
        if plan.sequence is None:
            return None
        return cls(sequence=plan.sequence, types={name: table_types[name] for name in plan.sequence.columns})

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {**self.sequence.model_dump(), "types": self.types}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Forecast":
        """Read what `to_json` returned."""
        spec = {name: value for name, value in data.items() if name != "types"}
        return cls(sequence=SequenceSpec.model_validate(spec), types=data["types"])

    @property
    def order_columns(self) -> list[InputColumn]:
        """The columns that order and group the rows of history."""
        return [InputColumn(name=name, type=kind) for name, kind in self.types.items()]

    def windows(self, table: Table) -> Index:
        """Return the last rows of each series, (series, window), in the order of the series' first rows.

        Raises:
            InvalidRows: a row has no time or no group, or a series has fewer rows than a window.
        """
        problems = [
            PointedProblem.at("rows", int(row), name, detail=f"Rows of history need a value of {name!r}.")
            for name in self.sequence.columns
            for row in np.flatnonzero(table.columns[name].missing)
        ]
        if problems:
            raise InvalidRows(problems[:MAX_PROBLEMS])
        try:
            return TimeSeries.of(table, self.sequence).latest_windows()
        except ShortSeries as short:
            group, window = self.sequence.group_by, self.sequence.window
            which = f"the series with {group!r} = {_shown(table.columns[group], short.row)!r}" if group else "the rows"
            detail = (
                f"A prediction needs the last {window} rows of a series, in any order, but {which} has {short.length}. "
                "Send more rows of history."
            )
            raise InvalidRows(
                [PointedProblem(pointer="/rows", detail=detail.replace("the rows has", "there are"))]
            ) from None

    def describe(self, table: Table, windows: Index) -> list[dict[str, Any]]:
        """Return for each window the series and the time after which its prediction comes, and how many rows later."""
        last, horizon = windows[:, -1], self.sequence.horizon
        columns = {name: table.columns[name] for name in self.sequence.columns}
        return [
            {"after": {name: _shown(column, row) for name, column in columns.items()}, "horizon": horizon}
            for row in last.tolist()
        ]


def _shown(column: TableColumn, row: int) -> Any:
    """Return a value as JSON shows it."""
    value = column.values[row].item()
    match column.kind:
        case "label":
            return column.labels[value]
        case "datetime":
            time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
            return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        case _:
            return int(value) if float(value).is_integer() else value
