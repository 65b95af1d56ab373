"""What a job predicts: one column, or several at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabular.planning.report import PlanningReport
from tabular.planning.targets.target_columns import (
    MAX_CLASSES,
    MIN_ROWS,
    TargetColumn,
    known_values,
    looks_like_classes,
    plan_target_column,
)
from tabular.profile import Column, Profile
from tabular.spec import Task

MIN_COMMON = 0.5  # share of a target's values that the target with the most values must have, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The columns to predict.

    `rows`: rows with a value of all of them, at least. `per_time_step`: the network gives one answer per time step of
    a sequence, with the same classes; the n-th answer is for the n-th column.
    """

    columns: tuple[TargetColumn, ...]
    rows: int
    per_time_step: bool = False

    @property
    def several(self) -> bool:
        """Whether there is more than one column, so that answers have names."""
        return len(self.columns) > 1

    @property
    def tasks(self) -> frozenset[Task]:
        """The tasks of all columns."""
        return frozenset(target.task for target in self.columns)

    @property
    def task(self) -> Task | None:
        """The task of all columns; None if there are both."""
        return next(iter(self.tasks)) if len(self.tasks) == 1 else None

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes of all columns if they are known and the same, else None."""
        sets = {target.classes for target in self.columns}
        return next(iter(sets)) if len(sets) == 1 else None

    def answered_per_time_step(self) -> "Targets | None":
        """Return the targets with classes that all columns share; None if the columns have too little in common."""
        if not self.several or self.tasks != {"classification"}:
            return None
        classes = _shared_classes([target.column for target in self.columns])
        if classes is None:
            return None
        shared = (replace(target, classes=classes, class_count=len(classes)) for target in self.columns)
        return replace(self, columns=tuple(shared), per_time_step=True)


def _shared_classes(columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Return the sorted values of all columns together; None if they have little in common or are not known."""
    if len({column.type for column in columns}) > 1:
        return None
    known = [set(values) for column in columns if (values := known_values(column))]
    if len(known) < len(columns):
        return _whole_range(columns)
    most = max(known, key=len)
    union = set[str]().union(*known)
    if len(union) > MAX_CLASSES or any(len(each & most) < MIN_COMMON * len(each) for each in known):
        return None
    return tuple(sorted(union, key=float) if columns[0].type == "number" else sorted(union))


def _whole_range(columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Return all whole numbers from the smallest to the largest if one column alone has most of them."""
    ends = [end for column in columns for end in (column.min, column.max) if isinstance(end, int)]
    if len(ends) < 2 * len(columns):
        return None
    low, size = min(ends), max(ends) - min(ends) + 1
    most = max(column.distinct for column in columns)
    return tuple(map(str, range(low, low + size))) if size <= MAX_CLASSES and most >= MIN_COMMON * size else None


def plan_targets(profile: Profile, names: Sequence[str], task: Task | None, report: PlanningReport) -> Targets | None:
    """Return the columns to predict, or None after reporting what is wrong with them."""
    if len(names) == 1:
        only = plan_target_column(profile, names[0], task, report)
        return Targets(columns=(only,), rows=only.rows) if only else None
    common = task or _common_task(profile, names, report)
    planned = list[TargetColumn]()
    for index, name in enumerate(names):
        pointer, first = f"/target/{index}", names.index(name)
        if first < index:
            report.reject(pointer, f"{name!r} is listed twice, first at /target/{first}. Remove one of them.")
        elif target := plan_target_column(profile, name, common, report, pointer):
            planned.append(target)
    rows = profile.rows - sum(target.column.missing for target in planned)
    if planned and rows < MIN_ROWS:
        detail = "Too few rows may have a value of every target. Predict fewer columns or fill in missing values."
        report.reject("/target", detail)
        return None
    return Targets(columns=tuple(planned), rows=rows) if len(planned) == len(names) else None


def _common_task(profile: Profile, names: Sequence[str], report: PlanningReport) -> Task | None:
    """Return the task of several number columns: classification if each looks like classes; None with labels."""
    columns = [column for name in names if (column := profile.column(name))]
    if len(columns) < len(names) or any(column.type != "number" for column in columns):
        return None
    if not all(looks_like_classes(column, profile.rows - column.missing) for column in columns):
        return "regression"
    report.warn(
        "numbers_as_classes",
        f"The {len(columns)} targets have only a few different whole numbers, which are treated as classes.",
        fix='Send "task": "regression" to predict them as numbers.',
    )
    return "classification"
