"""How many rows train a network, and how many evaluate it."""

from dataclasses import dataclass, replace

from tabular.planning.plan import Plan
from tabular.planning.request import PlanRequest
from tabular.planning.sequence import sample_count
from tabular.planning.targets.targets import Targets
from tabular.planning.training_rules import count_validation_rows, sample_size
from tabular.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """Rows for training and rows for evaluation; with folds, a row can be both, in different networks."""

    training: int
    validation: int


def count_rows(profile: Profile, request: PlanRequest, targets: Targets) -> RowCounts:
    """Return how many rows with a target train and evaluate the network; of a time series, how many windows."""
    counts, sample = _count_all(profile, request, targets), request.training.sample
    return counts if sample is None else replace(counts, training=sample_size(counts.training, sample.fraction))


def _count_all(profile: Profile, request: PlanRequest, targets: Targets) -> RowCounts:
    """Return the same without a sample of the training rows."""
    validation, other = request.training.validation, request.validation_profile
    rows = sample_count(request.sequence, profile, targets.rows)
    if other is not None:
        return RowCounts(training=rows, validation=sample_count(request.sequence, other, other.rows))
    if validation.folds is not None:
        parts = validation.folds + (validation.by == "time")  # the first part has no earlier rows to train on
        return RowCounts(training=rows, validation=rows * validation.folds // parts)
    held_out = count_validation_rows(rows, validation.fraction)
    return RowCounts(training=rows - held_out, validation=held_out)


def rows_per_epoch(plan: Plan) -> int:
    """Return how many rows one epoch of a bag trains on, those of all its networks and folds included."""
    validation, rows = plan.training.validation, plan.training_rows
    if validation.folds is None:
        return rows * plan.networks
    # By time, the networks train on 1, 2, ... of folds + 1 periods; otherwise each row is left out once.
    share = validation.folds / 2 if validation.by == "time" else validation.folds - 1
    all_rows = 0 if plan.ensemble else rows  # of the network on all rows
    return all_rows + round(share * rows)
