"""Answer all rows of a data set, block by block: what the data set must have, and the tables of answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import PointedProblem
from tabular.batches.answer_columns import answer_columns, answer_names
from tabular.batches.table_file import unique_names
from tabular.errors import InvalidPlan
from tabular.names import NameHints
from tabular.profile import Profile
from tabular.table import Table, TableColumn
from tabular.trained_model.dataset_rows import NeededColumn, column_problems, needed_columns, read_rows
from tabular.trained_model.detailed_predictions import interval_problems, level_problem
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.levels import LevelUnavailable

ROW = "row"  # the column with the numbers of the rows, from 1, if there are no key columns
MAX_BLOCK_ROWS = 65_536  # half the rows of a group of the data set's file; larger blocks are not faster
MIN_BLOCK_ROWS = 1_024
MAX_BLOCK_CELLS = 4_000_000  # 32 MB of numbers
MAX_BLOCK_FLOPS = 10_000_000_000  # about a second
TRANSFORM_ROWS = 8_192  # rows that become inputs of the networks at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """What is asked for: columns of the data set that identify its rows, and how sure intervals have to be."""

    keys: tuple[str, ...] = ()
    interval: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetAnswers:
    """How the rows of a data set become rows of a result.

    needed: the columns that are read, key columns included.
    names: of the columns of the result: keys, or the number of the row, then the answer.
    """

    model: TrainedModel
    request: AnswerRequest
    needed: tuple[NeededColumn, ...]
    names: tuple[str, ...]

    @classmethod
    def plan(cls, model: TrainedModel, profile: Profile, request: AnswerRequest) -> "DatasetAnswers":
        """Plan the answers for a data set with this profile. Raises `InvalidPlan` with everything that prevents it."""
        needed = {column.name: column for column in needed_columns(model)}
        problems = [
            *_model_problems(model),
            *column_problems(list(needed.values()), profile, "/dataset_id"),
            *_exposure_problems(model, profile),
            *_key_problems(request.keys, profile),
        ]
        interval = [] if request.interval is None else list(interval_problems(model))
        if problems or interval:
            raise InvalidPlan([*problems, *interval])
        try:
            answers = answer_names(model, request.interval)
        except LevelUnavailable as refused:
            raise InvalidPlan([level_problem(refused)]) from refused
        keys = {name: _key(name, profile) for name in request.keys}
        return cls(
            model=model,
            request=request,
            needed=tuple((keys | needed).values()),
            names=tuple(unique_names([*(request.keys or [ROW]), *answers])),
        )

    def ignored(self, profile: Profile) -> list[str]:
        """Return the columns of the data set that are not read."""
        read = {column.name for column in self.needed}
        return [column.name for column in profile.columns if column.name not in read]

    def blocks(self, done: int, total: int) -> Iterator[range]:
        """Yield the rows after the first `done` ones, some at a time.

        The blocks depend on model and request only, so that an interrupted batch gives the same bytes.
        """
        cells = MAX_BLOCK_CELLS // max(len(self.needed), 1)
        rows = max(min(MAX_BLOCK_ROWS, cells, MAX_BLOCK_FLOPS // max(self.model.flops, 1)), MIN_BLOCK_ROWS)
        for at in range(done, total, rows):
            yield range(at, min(at + rows, total))

    def block(self, parquet: Path, rows: range) -> Table:
        """Return the answers for some rows of the data set, with their keys.

        Raises:
            InvalidRows: the model cannot answer a row.
        """
        table = read_rows(parquet, self.needed, rows)
        parts = [range(at, min(at + TRANSFORM_ROWS, table.rows)) for at in range(0, table.rows, TRANSFORM_ROWS)]
        outputs = np.concatenate([self.model.outputs(_slice(table, part)) for part in parts])
        answers = answer_columns(self.model, outputs, self.request.interval)
        keys = [table.columns[name] for name in self.request.keys] or [_numbers(rows)]
        columns = dict(zip(self.names, [*keys, *answers.values()], strict=True))
        return Table(rows=table.rows, columns=columns)


def _model_problems(model: TrainedModel) -> Iterator[PointedProblem]:
    if model.forecast is not None:
        detail = (
            "This model reads windows of a time series. Batches are for models that read single rows. Send the last "
            "rows of each series to /predictions."
        )
        yield PointedProblem(pointer="/model_id", detail=detail)


def _exposure_problems(model: TrainedModel, profile: Profile) -> Iterator[PointedProblem]:
    column = profile.column(model.target.exposure) if model.target.exposure else None
    if column is not None and isinstance(column.min, int | float) and column.min <= 0:
        detail = f"{column.name!r}, the exposure, has values that are not above 0. Remove or correct these rows."
        yield PointedProblem(pointer="/dataset_id", detail=detail)


def _key_problems(keys: Sequence[str], profile: Profile) -> Iterator[PointedProblem]:
    hints = NameHints([column.name for column in profile.columns])
    for place, name in enumerate(keys):
        if name in keys[:place]:
            yield PointedProblem(pointer=f"/key_columns/{place}", detail=f"{name!r} is listed twice. Remove one.")
        elif profile.column(name) is None:
            detail = f"The data set has no column {name!r}. {hints.hint(name)}".rstrip()
            yield PointedProblem(pointer=f"/key_columns/{place}", detail=detail)


def _key(name: str, profile: Profile) -> NeededColumn:
    found = profile.column(name)
    if found is None:
        raise KeyError(name)
    return NeededColumn(name=name, type=found.type, purpose="a key column")


def _slice(table: Table, rows: range) -> Table:
    return Table(rows=len(rows), columns={name: _part(column, rows) for name, column in table.columns.items()})


def _part(column: TableColumn, rows: range) -> TableColumn:
    values, missing = column.values[rows.start : rows.stop], column.missing[rows.start : rows.stop]
    return TableColumn(kind=column.kind, values=values, missing=missing, labels=column.labels)


def _numbers(rows: range) -> TableColumn:
    numbers = np.arange(rows.start + 1, rows.stop + 1, dtype=np.int64)
    return TableColumn(kind="number", values=numbers, missing=np.zeros(len(numbers), dtype=np.bool_))
