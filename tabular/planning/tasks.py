"""From a target column to its task and its classes."""

from dataclasses import dataclass
from difflib import get_close_matches

from tabular.planning.report import PlanningReport
from tabular.profile import Column, Profile
from tabular.spec import Task

MAX_CLASSES = 1_000
MAX_NUMBER_CLASSES = 20  # whole numbers up to here are taken for classes
MIN_ROWS_PER_CLASS = 3  # on average, for whole numbers to be taken for classes
MIN_ROWS = 2  # one to learn from and one to compare with


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlan:
    """One column to predict: `rows` have a value; the names of its `class_count` classes are known up to 20."""

    column: Column
    rows: int
    task: Task
    class_count: int
    classes: tuple[str, ...] | None

    @property
    def outputs(self) -> int:
        """Outputs of the network for it; two classes are one, the probability of the second."""
        return self.class_count if self.class_count > 2 else 1


def closest(name: str, names: list[str]) -> str:
    """Return a sentence that names the most similar column, or all when there are few."""
    if similar := get_close_matches(name, names, n=1, cutoff=0.5):
        return f"Did you mean {similar[0]!r}?"
    return f"The columns are {', '.join(map(repr, names[:20]))}{' …' if len(names) > 20 else ''}."


def plan_target(
    profile: Profile, target: str, task: Task | None, report: PlanningReport, pointer: str = "/target"
) -> TargetPlan | None:
    """Return what the target asks for, or None after noting what is wrong with it."""
    column = profile.column(target)
    if column is None:
        names = [column.name for column in profile.columns]
        report.reject(pointer, f"The data set has no column {target!r}. {closest(target, names)}")
        return None
    rows = profile.rows - column.missing
    chosen = _task(column, rows, task, report, pointer)
    if chosen is None or not _varies(column, rows, chosen, report, pointer):
        return None
    if column.missing:
        detail = f"{column.missing:,} rows without a value of {target!r} are left out."
        report.warn("rows_without_target", detail, column=target)
    return TargetPlan(
        column=column,
        rows=rows,
        task=chosen,
        class_count=column.distinct if chosen == "classification" else 0,
        classes=known_values(column) if chosen == "classification" else None,
    )


def _task(column: Column, rows: int, task: Task | None, report: PlanningReport, pointer: str) -> Task | None:
    match column.type:
        case "datetime" | "text":
            fix = f"upload the file again with ?types={column.name}:category" if column.type == "text" else ""
            report.reject(
                pointer,
                f"{column.name!r} is a {column.type} column, which cannot be predicted. "
                f"Choose a number or a category{', or ' + fix if fix else ''}.",
            )
            return None
        case "category" | "boolean" if task == "regression":
            report.reject("/task", f"{column.name!r} holds labels, not numbers: its task is classification.")
            return None
        case "number" if task is None:
            return _number_task(column, rows, report)
        case _:
            return task or "classification"


def _number_task(column: Column, rows: int, report: PlanningReport) -> Task:
    if not like_classes(column, rows):
        return "regression"
    report.warn(
        "numbers_as_classes",
        f"{column.name!r} holds {column.distinct} different whole numbers, which are taken for classes.",
        column=column.name,
        fix='Send "task": "regression" to predict it as a number.',
    )
    return "classification"


def like_classes(column: Column, rows: int) -> bool:
    """Tell whether a number column holds few whole numbers that repeat, as the numbers of classes do."""
    few = bool(column.integer) and column.distinct <= MAX_NUMBER_CLASSES
    return few and (column.distinct <= 2 or column.distinct * MIN_ROWS_PER_CLASS <= rows)


def _varies(column: Column, rows: int, task: Task, report: PlanningReport, pointer: str) -> bool:
    """Note why nothing can be learned from the values, if so."""
    name = column.name
    if rows < MIN_ROWS:
        report.reject(pointer, f"{name!r} has {rows} rows with a value; at least {MIN_ROWS} are needed.")
    elif column.distinct < 2:
        report.reject(pointer, f"{name!r} has the same value in every row: there is nothing to learn.")
    elif task == "classification" and column.distinct > MAX_CLASSES:
        detail = f"{name!r} has {column.distinct:,} different values; at most {MAX_CLASSES:,} classes are allowed."
        report.reject(pointer, detail)
    else:
        if task == "classification" and column.singletons:
            detail = f"{column.singletons} classes of {name!r} have one row only; their quality cannot be measured."
            report.warn("class_with_one_row", detail, column=name, fix="Add rows or merge rare classes.")
        return True
    return False


def known_values(column: Column) -> tuple[str, ...] | None:
    """Return a column's values in order as far as the profile tells all: 20 at most."""
    if column.top is None or len(column.top) < column.distinct:
        return None
    values = [entry.value for entry in column.top]
    return tuple(sorted(values, key=float) if column.type == "number" else sorted(values))
