"""Warn about classes that are rare: too few rows to learn from or to measure, or far fewer than the others have."""

from collections.abc import Sequence

from engine.spec import TrainingSpec
from tabular.planning.report import PlanningReport
from tabular.planning.targets.target_columns import TargetColumn
from tabular.profile import ValueCount

MIN_ROWS = 10  # of a class; the score of fewer rows is mostly chance
MAX_RATIO = 10  # of the rows of the most frequent class to those of the rarest
MAX_LISTED = 5  # classes in one sentence


def warn_of_rare_classes(target: TargetColumn, training: TrainingSpec, report: PlanningReport) -> None:
    """Warn about rare classes of a target whose classes are all known by name; there are at most 20 then."""
    if target.task != "classification" or target.classes is None or target.column.top is None:
        return
    counts = sorted(target.column.top, key=lambda each: (each.count, each.value))
    _warn_of_few_rows(target, counts, training.validation.folds or 0, report)
    rarest, commonest = counts[0], counts[-1]
    if training.class_weight is None and commonest.count >= MAX_RATIO * rarest.count:
        detail = (
            f"{target.column.name!r} has {commonest.count:,} rows of {commonest.value!r} and only {rarest.count:,} of "
            f"{rarest.value!r}. A network that never answers {rarest.value!r} can still have a high accuracy."
        )
        fix = (
            'To give all classes the same weight, send "training": {"class_weight": "balanced"}. Look at the recall of '
            "each class in the evaluation, not only at accuracy."
        )
        report.warn("class_imbalance", detail, column=target.column.name, fix=fix)


def _warn_of_few_rows(target: TargetColumn, counts: Sequence[ValueCount], folds: int, report: PlanningReport) -> None:
    """Warn about classes with 2 rows or more, but fewer than needed; those with one row have a warning already."""
    needed = max(MIN_ROWS, folds)
    few = [each for each in counts if 2 <= each.count < needed]
    if not few:
        return
    listed = ", ".join(f"{each.value!r} ({each.count})" for each in few[:MAX_LISTED]) + (
        " …" if len(few) > MAX_LISTED else ""
    )
    reason = f"{folds} folds need one row of each class in every fold" if needed == folds else "so few say little"
    report.warn(
        "few_rows_per_class",
        f"These classes of {target.column.name!r} have fewer than {needed} rows, and {reason}: {listed}.",
        column=target.column.name,
        fix="Add rows of these classes or merge them with others.",
    )
