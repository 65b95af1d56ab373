"""How many rows train a network, and how many evaluate it."""

from dataclasses import dataclass

from engine.spec import ValidationSpec
from tabular.planning.plan import Plan
from tabular.planning.training_rules import count_validation_rows
from tabular.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """Rows for training and rows for evaluation; with folds, a row can be both, in different networks."""

    training: int
    validation: int


def count_rows(rows: int, validation: ValidationSpec, other: Profile | None) -> RowCounts:
    """Return how many of `rows` with a target train the network; `other`: the profile of rows of the user's own."""
    if other is not None:
        return RowCounts(training=rows, validation=other.rows)
    if validation.folds is not None:
        parts = validation.folds + (validation.by == "time")  # the first part has no earlier rows to train on
        return RowCounts(training=rows, validation=rows * validation.folds // parts)
    held_out = count_validation_rows(rows, validation.fraction)
    return RowCounts(training=rows - held_out, validation=held_out)


def rows_per_epoch(plan: Plan) -> int:
    """Return how many rows one epoch trains on, those of all folds included."""
    validation, rows = plan.training.validation, plan.training_rows
    if validation.folds is None:
        return rows
    # By time, the networks train on 1, 2, ... of folds + 1 periods; otherwise each row is left out once.
    share = validation.folds / 2 if validation.by == "time" else validation.folds - 1
    return rows + round(share * rows)
