"""Which rows a job holds out: check the request against the table and fill in the default."""

from collections.abc import Iterator

from engine.spec import ValidationSpec
from tabular.names import suggest_name
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.planning.targets.targets import Targets
from tabular.profile import Column, Profile

POINTER = "/training/validation/column"
ADVICE = {  # by the code of a data set's warning
    "time_ordered": "the rows are in the order of {!r}. Later rows may be predicted worse than the evaluation says",
    "repeated_groups": "many rows share a value of {!r}. New groups may be predicted worse than the evaluation says",
}
TIME_TYPES = ("datetime", "number")


def group_column(profile: Profile, request: PlanRequest, report: PlanningReport) -> tuple[str, ...]:
    """Return the column of groups if the rows are split by groups: it is a feature only by request."""
    validation = request.training.validation
    if validation.by != "group" or validation.column is None or profile.column(validation.column) is None:
        return ()
    name = validation.column
    if request.features is None and name not in request.targets:
        report.warn(
            "column_skipped",
            f"{name!r} is not used as a feature: rows to predict belong to groups that were not trained on.",
            column=name,
            fix=f'To use it anyway, list it in "features": {{"column": "{name}"}}.',
        )
    return (name,)


def advise_split(profile: Profile, request: PlanRequest, report: PlanningReport) -> None:
    """Repeat what the upload noticed about time order and groups, if the request leaves the split to the default."""
    validation = request.training.validation
    if request.sequence or validation.by is not None or validation.dataset_id is not None or not validation.validates:
        return
    for warning in profile.warnings:
        if warning.code in ADVICE and warning.column is not None and warning.column not in request.targets:
            detail = f"Held-out rows are chosen at random, but {ADVICE[warning.code].format(warning.column)}."
            report.warn(warning.code, detail, column=warning.column, fix=warning.fix)


def plan_validation(profile: Profile, request: PlanRequest, targets: Targets, report: PlanningReport) -> ValidationSpec:
    """Return the request with `by` filled in; report why the rows cannot be divided by its column."""
    validation = request.training.validation
    if validation.dataset_id is not None or validation.folds is not None:
        validation = validation.model_copy(update={"fraction": 0.0})
    if validation.dataset_id is not None:
        return validation
    if validation.folds is not None and validation.folds > targets.rows:
        detail = f"{validation.folds} folds need as many rows, but {targets.rows} rows have a target. Use fewer folds."
        report.reject("/training/validation/folds", detail)
    if validation.by is None and request.sequence:
        return validation.model_copy(update={"by": "time", "column": request.sequence.order_by})
    if validation.by is None:
        stratify = not targets.several and targets.task == "classification"
        return validation.model_copy(update={"by": "stratified" if stratify else "random"})
    if validation.column is None:
        if validation.by == "stratified" and targets.several:
            detail = "There are several targets. Name the column whose values both parts have in the same shares."
            report.reject(POINTER, detail)
        return validation
    column = profile.column(validation.column)
    if column is None:
        names = [column.name for column in profile.columns]
        detail = f"The data set has no column {validation.column!r}. {suggest_name(validation.column, names)}"
        report.reject(POINTER, detail)
        return validation
    for problem in (*_column_problems(validation, column), *_fold_problems(validation, column)):
        report.reject(POINTER, f"{column.name!r} {problem}")
    _warn_of_column(validation, column, profile.rows, report)
    return validation


def _column_problems(validation: ValidationSpec, column: Column) -> Iterator[str]:
    if validation.by == "time" and column.type not in TIME_TYPES:
        fix = f"upload the file again with ?types={column.name}:datetime"
        yield f"is a {column.type} column. Times are dates or numbers: name another column, or {fix}."
    elif validation.by in {"time", "group"} and column.distinct < 2:
        noun = "time" if validation.by == "time" else "group"
        yield f"has fewer than two different values. At least one {noun} is held out and one is for training."


def _fold_problems(validation: ValidationSpec, column: Column) -> Iterator[str]:
    """Yield why a column does not divide the rows into so many folds."""
    folds, distinct = validation.folds, column.distinct
    if folds is None or validation.by not in {"time", "group"} or distinct < 2:
        return
    noun, needed = ("times", folds + 1) if validation.by == "time" else ("groups", folds)
    if distinct < needed:
        yield f"has {distinct} different values; {folds} folds need at least {needed} {noun}. Use fewer folds."


def _warn_of_column(validation: ValidationSpec, column: Column, rows: int, report: PlanningReport) -> None:
    if validation.by in {"time", "group"} and 0 < column.missing < rows:
        noun = "time" if validation.by == "time" else "group"
        detail = f"{column.missing:,} rows without a value of {column.name!r} are used for training."
        fix = f"Fill in the {noun}s, or remove these rows."
        report.warn(f"rows_without_{noun}", detail, column=column.name, fix=fix)
    if validation.by == "group" and column.distinct == rows - column.missing:
        detail = f"Every row has a different value of {column.name!r}, so the groups are single rows."
        report.warn("groups_of_one_row", detail, column=column.name, fix='Name another column or use "by": "random".')
