"""Plan a job again for a sample of its training rows."""

from math import ceil

from engine.spec import SampleSpec, TrainingSpec
from tabular.planning.plan import Plan
from tabular.planning.training_rules import sample_size

MIN_BATCH = 32  # rows; smaller batches take as long as these and learn from noise
MAX_MORE_EPOCHS = 4  # times as many as the job has


def plan_sample(plan: Plan, sample: SampleSpec) -> Plan:
    """Return the plan of the same job with a sample of its training rows, which makes about as many updates.

    Batches get smaller with the rows, down to MIN_BATCH rows; then there are more epochs. Otherwise small samples would
    give worse networks than a job on so few rows, and the curve through them would promise too much of more rows.
    """
    rows = sample_size(plan.training_rows, sample.fraction)
    training = plan.training
    batch_size = min(max(round(training.batch_size * sample.fraction), min(MIN_BATCH, training.batch_size)), rows)
    changes = {
        "sample": sample,
        "batch_size": batch_size,
        "epochs": _epochs(training, plan.training_rows, rows, batch_size),
    }
    return plan.model_copy(update={"training_rows": rows, "training": training.model_copy(update=changes)})


def _epochs(training: TrainingSpec, all_rows: int, rows: int, batch_size: int) -> int:
    """Return how many epochs make as many updates as those of the job on all rows, within limits."""
    wanted = ceil(training.epochs * ceil(all_rows / training.batch_size) / ceil(rows / batch_size))
    return min(max(wanted, training.epochs), MAX_MORE_EPOCHS * training.epochs)
