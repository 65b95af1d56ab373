"""What a job is to predict: one column, or several at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabular.planning.report import PlanningReport
from tabular.planning.tasks import MAX_CLASSES, MIN_ROWS, TargetPlan, known_values, like_classes, plan_target
from tabular.profile import Column, Profile
from tabular.spec import Task

ALIKE = 0.5  # share of a target's values that it must have in common with the target of most values


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The columns to predict; `several`: asked for as a list of more than one.

    `rows` have a value of all of them, at least. `by_position`: the network answers at each moment of a sequence,
    with the same classes: the n-th answer is the n-th column's.
    """

    targets: tuple[TargetPlan, ...]
    rows: int
    by_position: bool = False

    @property
    def several(self) -> bool:
        """Whether answers have names."""
        return len(self.targets) > 1

    @property
    def tasks(self) -> frozenset[Task]:
        """The kinds of answers."""
        return frozenset(target.task for target in self.targets)

    @property
    def task(self) -> Task | None:
        """The kind of all answers, None if there are both."""
        return next(iter(self.tasks)) if len(self.tasks) == 1 else None

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes of all targets, if they are known and the same."""
        sets = {target.classes for target in self.targets}
        return next(iter(sets)) if len(sets) == 1 else None

    def at_positions(self) -> "Goal | None":
        """Return the goal with classes shared by all targets, None if these are no answers of one kind."""
        if not self.several or self.tasks != {"classification"}:
            return None
        classes = _shared_classes([target.column for target in self.targets])
        if classes is None:
            return None
        shared = (replace(target, classes=classes, class_count=len(classes)) for target in self.targets)
        return replace(self, targets=tuple(shared), by_position=True)


def _shared_classes(columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Return the values of all columns together, in order; None if they have little in common or are not known."""
    if len({column.type for column in columns}) > 1:
        return None
    known = [set(values) for column in columns if (values := known_values(column))]
    if len(known) < len(columns):
        return _whole_range(columns)
    most = max(known, key=len)
    union = set[str]().union(*known)
    if len(union) > MAX_CLASSES or any(len(each & most) < ALIKE * len(each) for each in known):
        return None
    return tuple(sorted(union, key=float) if columns[0].type == "number" else sorted(union))


def _whole_range(columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Return all whole numbers from the smallest to the largest, if most of them are values of one column alone."""
    ends = [end for column in columns for end in (column.min, column.max) if isinstance(end, int)]
    if len(ends) < 2 * len(columns):
        return None
    low, size = min(ends), max(ends) - min(ends) + 1
    most = max(column.distinct for column in columns)
    return tuple(map(str, range(low, low + size))) if size <= MAX_CLASSES and most >= ALIKE * size else None


def plan_goal(profile: Profile, names: Sequence[str], task: Task | None, report: PlanningReport) -> Goal | None:
    """Return what is asked for, or None after noting what is wrong with it."""
    if len(names) == 1:
        only = plan_target(profile, names[0], task, report)
        return Goal(targets=(only,), rows=only.rows) if only else None
    common = task or _common_task(profile, names, report)
    planned = list[TargetPlan]()
    for place, name in enumerate(names):
        pointer, before = f"/target/{place}", names.index(name)
        if before < place:
            report.reject(pointer, f"{name!r} is named twice, first at /target/{before}.")
        elif target := plan_target(profile, name, common, report, pointer):
            planned.append(target)
    rows = profile.rows - sum(target.column.missing for target in planned)
    if planned and rows < MIN_ROWS:
        report.reject("/target", "Too few rows may have a value of all targets; name fewer, or fill them in.")
        return None
    return Goal(targets=tuple(planned), rows=rows) if len(planned) == len(names) else None


def _common_task(profile: Profile, names: Sequence[str], report: PlanningReport) -> Task | None:
    """Return the task of several numbers, which are classes if each is like classes; None if there are labels."""
    columns = [column for name in names if (column := profile.column(name))]
    if len(columns) < len(names) or any(column.type != "number" for column in columns):
        return None
    if not all(like_classes(column, profile.rows - column.missing) for column in columns):
        return "regression"
    _warn_of_classes(columns, report)
    return "classification"


def _warn_of_classes(columns: Sequence[Column], report: PlanningReport) -> None:
    report.warn(
        "numbers_as_classes",
        f"The {len(columns)} targets hold few different whole numbers, which are taken for classes.",
        fix='Send "task": "regression" to predict them as numbers.',
    )
