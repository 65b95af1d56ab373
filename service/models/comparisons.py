"""Compare two models on the rows of a data set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import PointedProblem
from service.predictions.loaded_models import LoadedModels
from store.artifacts import datasets, models
from store.artifacts.blob_files import as_file
from store.db.database import Sessions
from store.db.transaction import snapshot
from store.ids import ProjectId
from store.tables import Dataset
from tabular.errors import InvalidPlan
from tabular.evaluation.classification import balanced_accuracy, log_loss, mean_area, rank_classes
from tabular.evaluation.comparison.paired_test import PairedTest, compare_losses
from tabular.evaluation.comparison.row_losses import class_numbers, row_losses
from tabular.evaluation.regression import errors
from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.profile import ColumnType, DataWarning, Profile
from tabular.table import Table
from tabular.trained_model.dataset_rows import NeededColumn, column_problems, needed_columns, read_rows
from tabular.trained_model.trained_model import TrainedModel

MAX_ROWS = 100_000  # of a larger data set, this many evenly spaced ones are compared
BLOCK_ROWS = 8_192  # answered at a time
MAX_DIFFERENT_ROWS = 10  # rows that are listed

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedModel:
    """A model, the data set that it was trained on, its outputs for the compared rows, and the loss of each row."""

    id: str
    dataset_id: str
    model: TrainedModel
    outputs: Floats
    losses: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the same rows.

    metric: what the loss of a row is.
    rows: how many rows were compared, of `total` in the data set.
    scores: of each model, by metric, and by target if there are several.
    test: whether the second model is better.
    largest: the rows where the losses differ most, as JSON values.
    """

    metric: str
    rows: int
    total: int
    scores: tuple[dict[str, Any], ...]
    test: PairedTest
    largest: list[dict[str, Any]]
    warnings: tuple[DataWarning, ...]


def compare(
    sessions: Sessions, loaded_models: LoadedModels, project: ProjectId, dataset_id: str, model_ids: Sequence[str]
) -> Comparison:
    """Score two models on the rows of a data set that have every target, and test the difference.

    Raises:
        NotFound: the project has no such data set or model.
        InvalidPlan: the models do not answer the same question, or their columns are not in the data set.
    """
    with snapshot(sessions) as tx:
        dataset = datasets.get(tx, project, dataset_id)
        trained_on = [models.get(tx, project, model_id).dataset_id for model_id in model_ids]
    loaded = [loaded_models.get(project, model_id) for model_id in model_ids]
    needed = _needed(loaded, _profile(dataset))
    step = -(-dataset.rows // MAX_ROWS) or 1
    with as_file(sessions, dataset.blob_id) as path:
        table = read_rows(path, needed, range(0, dataset.rows, step))
    answered = _with_targets(table, loaded[0])
    if not len(answered):
        raise InvalidPlan([PointedProblem(pointer="/dataset_id", detail=_no_targets(loaded[0]))])
    rows = _take(table, answered)
    compared = [_answer(*each, rows) for each in zip(model_ids, trained_on, loaded, strict=True)]
    return Comparison(
        metric=_metric(loaded[0]),
        rows=rows.rows,
        total=dataset.rows,
        scores=tuple(_scores(each, rows) for each in compared),
        test=compare_losses(compared[0].losses, compared[1].losses),
        largest=_largest(compared, rows, answered * step),
        warnings=tuple(_warnings(dataset, compared, rows, missing=table.rows - rows.rows)),
    )


def _profile(dataset: Dataset) -> Profile:
    return Profile.from_json({"rows": dataset.rows, "columns": dataset.columns, "reading": dataset.reading})


def _needed(loaded: Sequence[TrainedModel], profile: Profile) -> list[NeededColumn]:
    """Return the columns that the comparison reads. Raises `InvalidPlan` with everything that prevents it."""
    problems = list(_different_questions(*loaded))
    targets = [_target_column(column, profile) for column in loaded[0].target.columns]
    needed = {column.name: column for model in loaded for column in needed_columns(model)}
    needed |= {column.name: column for column in targets}
    problems += column_problems(list(needed.values()), profile, "/dataset_id")
    if problems:
        raise InvalidPlan(problems)
    return list(needed.values())


def _target_column(target: ColumnTarget, profile: Profile) -> NeededColumn:
    """Return the column of a target. Classes may be written as labels or as numbers."""
    found = profile.column(target.column)
    classes: ColumnType = found.type if found else "category"
    wanted = "number" if target.task == "regression" else classes
    return NeededColumn(name=target.column, type=wanted, purpose="what the models predict")


def _different_questions(first: TrainedModel, second: TrainedModel) -> Iterator[PointedProblem]:
    """Yield why the answers of two models cannot be compared."""
    questions = [[(column.column, column.task) for column in model.target.columns] for model in (first, second)]
    if questions[0] != questions[1]:
        said = " and ".join(", ".join(f"{name!r} ({task})" for name, task in each) for each in questions)
        detail = f"The models predict different columns: {said}. Compare models that predict the same."
        yield PointedProblem(pointer="/model_ids", detail=detail)
    for place, model in enumerate((first, second)):
        if model.forecast is not None:
            detail = "This model reads windows of a time series. Only models that read single rows can be compared."
            yield PointedProblem(pointer=f"/model_ids/{place}", detail=detail)
        if any(column.loss == "cox" for column in model.target.columns):
            detail = "This model predicts times until an event. Compare the concordance in both evaluations."
            yield PointedProblem(pointer=f"/model_ids/{place}", detail=detail)


def _with_targets(table: Table, model: TrainedModel) -> Index:
    """Return the numbers of the rows that have every target."""
    missing = [table.columns[column.column].missing for column in model.target.columns]
    rows: Index = np.flatnonzero(~np.logical_or.reduce(missing))
    return rows


def _no_targets(model: TrainedModel) -> str:
    names = ", ".join(repr(column.column) for column in model.target.columns)
    return f"No row has a value of {names}, so no answer can be checked. Name a data set whose rows have one."


def _take(table: Table, rows: Index) -> Table:
    return Table(rows=len(rows), columns={name: column.take(rows) for name, column in table.columns.items()})


def _answer(model_id: str, dataset_id: str, model: TrainedModel, table: Table) -> ComparedModel:
    blocks = [np.arange(at, min(at + BLOCK_ROWS, table.rows)) for at in range(0, table.rows, BLOCK_ROWS)]
    outputs = np.concatenate([model.outputs(_take(table, block)) for block in blocks])
    losses = row_losses(model.target, table, outputs)
    return ComparedModel(id=model_id, dataset_id=dataset_id, model=model, outputs=outputs, losses=losses)


def _metric(model: TrainedModel) -> str:
    if model.target.several:
        return "mean_loss"
    return "log_loss" if model.target.columns[0].task == "classification" else "squared_error"


def _scores(compared: ComparedModel, table: Table) -> dict[str, Any]:
    target = compared.model.target
    parts = zip(target.columns, target.split_outputs(compared.outputs), strict=True)
    scores = {column.column: _column_scores(column, table, part) for column, part in parts}
    return scores if target.several else next(iter(scores.values()))


def _column_scores(column: ColumnTarget, table: Table, outputs: Floats) -> dict[str, Any]:
    values = table.columns[column.column]
    if column.task == "regression":
        return dict(errors(values.values.astype(np.float64), outputs[:, column.middle]))
    numbers, probabilities = class_numbers(column, values), class_probabilities(outputs)
    known = numbers >= 0
    scores: dict[str, Any] = {"accuracy": float(np.mean(probabilities.argmax(axis=1) == numbers))}
    if known.any():
        y, of_known = numbers[known], probabilities[known]
        scores["balanced_accuracy"] = balanced_accuracy(y, of_known.argmax(axis=1), len(column.classes))
        scores["log_loss"] = log_loss(y, of_known)
        scores["roc_auc"] = mean_area(rank_classes(y, of_known))
    return scores


def _largest(compared: Sequence[ComparedModel], table: Table, numbers: Index) -> list[dict[str, Any]]:
    """Return the rows where the losses differ most, with their numbers in the data set, from 0."""
    first, second = compared
    places = np.argsort(-np.abs(first.losses - second.losses), kind="stable")[:MAX_DIFFERENT_ROWS]
    places = places[first.losses[places] != second.losses[places]]
    if not len(places):
        return []
    answers = [each.model.answers(each.outputs[places]) for each in compared]
    truths = {column.column: _truths(column, table, places) for column in first.model.target.columns}
    return [
        {
            "row": int(numbers[place]),
            "truth": {name: values[number] for name, values in truths.items()},
            "predictions": [answers[0][number], answers[1][number]],
            "losses": [float(first.losses[place]), float(second.losses[place])],
        }
        for number, place in enumerate(places)
    ]


def _truths(column: ColumnTarget, table: Table, places: Index) -> list[Any]:
    values = table.columns[column.column].take(places)
    if values.kind != "label":
        return [value.item() for value in values.values]
    return [values.labels[code] for code in values.values]


def _warnings(dataset: Dataset, compared: Sequence[ComparedModel], table: Table, missing: int) -> Iterator[DataWarning]:
    for each in compared:
        if each.dataset_id == dataset.id:
            detail = f"{each.id} was trained on rows of this data set, so its scores are better than on new rows."
            yield DataWarning(
                code="rows_seen_in_training", detail=detail, fix="Compare on rows that no model has seen."
            )
    if missing:
        detail = f"{missing:,} rows without a value of the column to predict are left out."
        yield DataWarning(code="rows_without_target", detail=detail)
    for column in compared[0].model.target.columns:
        yield from _unknown_classes(column, compared, table)


def _unknown_classes(column: ColumnTarget, compared: Sequence[ComparedModel], table: Table) -> Iterator[DataWarning]:
    if column.task != "classification":
        return
    for each in compared:
        target = next(found for found in each.model.target.columns if found.column == column.column)
        unknown = int(np.count_nonzero(class_numbers(target, table.columns[column.column]) < 0))
        if unknown:
            detail = f"{unknown:,} rows have a class of {column.column!r} that {each.id} does not know."
            yield DataWarning(code="unknown_classes", detail=f"{detail} They count as wrong.", column=column.column)
