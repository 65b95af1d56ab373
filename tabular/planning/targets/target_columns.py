"""From one column to predict to its task and its classes."""

from dataclasses import dataclass

from tabular.names import suggest_name
from tabular.planning.report import PlanningReport
from tabular.profile import Column, Profile
from tabular.spec import Task

MAX_CLASSES = 1_000
MAX_NUMBER_CLASSES = 20  # different whole numbers that are treated as classes
MIN_ROWS_PER_CLASS = 3  # on average, for whole numbers to be treated as classes
MIN_ROWS = 2  # one for training and one for validation


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColumn:
    """One column to predict. `rows`: rows with a value. `classes`: known by name if there are at most 20."""

    column: Column
    rows: int
    task: Task
    class_count: int
    classes: tuple[str, ...] | None


def plan_target_column(
    profile: Profile, name: str, task: Task | None, report: PlanningReport, pointer: str = "/target"
) -> TargetColumn | None:
    """Return how a column is predicted, or None after reporting what is wrong with it."""
    column = profile.column(name)
    if column is None:
        names = [column.name for column in profile.columns]
        report.reject(pointer, f"The data set has no column {name!r}. {suggest_name(name, names)}")
        return None
    rows = profile.rows - column.missing
    chosen = _choose_task(column, rows, task, report, pointer)
    if chosen is None or not _can_be_learned(column, rows, chosen, report, pointer):
        return None
    if column.missing:
        detail = f"{column.missing:,} rows without a value of {name!r} are left out."
        report.warn("rows_without_target", detail, column=name)
    return TargetColumn(
        column=column,
        rows=rows,
        task=chosen,
        class_count=column.distinct if chosen == "classification" else 0,
        classes=known_values(column) if chosen == "classification" else None,
    )


def _choose_task(column: Column, rows: int, task: Task | None, report: PlanningReport, pointer: str) -> Task | None:
    match column.type:
        case "datetime" | "text":
            fix = f", or upload the file again with ?types={column.name}:category" if column.type == "text" else ""
            detail = f"{column.name!r} is a {column.type} column, which cannot be predicted."
            report.reject(pointer, f"{detail} Choose a number or category column{fix}.")
            return None
        case "category" | "boolean" if task == "regression":
            detail = f"{column.name!r} holds labels, not numbers. Set `task` to classification or leave it out."
            report.reject("/task", detail)
            return None
        case "number" if task is None:
            return _number_task(column, rows, report)
        case _:
            return task or "classification"


def _number_task(column: Column, rows: int, report: PlanningReport) -> Task:
    if not looks_like_classes(column, rows):
        return "regression"
    report.warn(
        "numbers_as_classes",
        f"{column.name!r} has only {column.distinct} different whole numbers, which are treated as classes.",
        column=column.name,
        fix='Send "task": "regression" to predict it as a number.',
    )
    return "classification"


def looks_like_classes(column: Column, rows: int) -> bool:
    """Tell whether a number column holds few whole numbers that repeat, as the numbers of classes do."""
    few = bool(column.integer) and column.distinct <= MAX_NUMBER_CLASSES
    return few and (column.distinct <= 2 or column.distinct * MIN_ROWS_PER_CLASS <= rows)


def _can_be_learned(column: Column, rows: int, task: Task, report: PlanningReport, pointer: str) -> bool:
    """Report why nothing can be learned from the values, if so."""
    name = column.name
    if rows < MIN_ROWS:
        known = "1 row" if rows == 1 else f"{rows} rows"
        detail = f"{name!r} has {known} with a value; at least {MIN_ROWS} are needed. Upload more rows with a value."
        report.reject(pointer, detail)
    elif column.distinct < 2:
        detail = f"{name!r} has the same value in every row, so there is nothing to learn. Choose another target."
        report.reject(pointer, detail)
    elif task == "classification" and column.distinct > MAX_CLASSES:
        detail = (
            f"{name!r} has {column.distinct:,} different values; at most {MAX_CLASSES:,} classes are allowed. "
            "Merge rare classes, or choose another target."
        )
        report.reject(pointer, detail)
    else:
        if task == "classification" and column.singletons:
            detail = f"{column.singletons} classes of {name!r} have only one row; their quality cannot be measured."
            report.warn("class_with_one_row", detail, column=name, fix="Add rows or merge rare classes.")
        return True
    return False


def known_values(column: Column) -> tuple[str, ...] | None:
    """Return a column's values in order, or None if the profile does not list all; it lists at most 20."""
    if column.top is None or len(column.top) < column.distinct:
        return None
    values = [entry.value for entry in column.top]
    return tuple(sorted(values, key=float) if column.type == "number" else sorted(values))
