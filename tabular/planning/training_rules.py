"""Which training settings fit which table."""

from collections.abc import Sequence
from math import ceil

from engine.spec import EarlyStoppingSpec, OneCycleSpec, PlateauSpec, TrainingSpec
from tabular.planning.report import PlanningReport
from tabular.planning.split import validation_rows
from tabular.planning.targets import Goal
from tabular.planning.tasks import TargetPlan

LARGEST = {"float32": 1e30, "float64": 1e150}  # of a target: weights and squares in its own units do not overflow


def check_training(training: TrainingSpec, goal: Goal, report: PlanningReport) -> None:
    """Note every setting that the targets or the number of rows make impossible."""
    held_back = validation_rows(goal.rows, training.validation.fraction)
    if held_back >= goal.rows:
        detail = f"{held_back} of {goal.rows} rows held back leave none to learn from; use a smaller fraction."
        report.reject("/training/validation/fraction", detail)
    for place, target in enumerate(goal.targets):
        _check_size(f"/target/{place}" if goal.several else "/target", target, training.precision, report)
    if training.class_weight is not None:
        _check_class_weight(training.class_weight, goal, report)
    for name, part in (("early_stopping", training.early_stopping), ("schedule", training.schedule)):
        if isinstance(part, (EarlyStoppingSpec, PlateauSpec)):
            _check_metric(f"/training/{name}/metric", part.metric, held_back, goal, report)


def _check_size(pointer: str, target: TargetPlan, precision: str, report: PlanningReport) -> None:
    ends = [abs(end) for end in (target.column.min, target.column.max) if not isinstance(end, str | None)]
    largest = max(ends, default=0.0)
    if target.task == "classification" or largest <= LARGEST[precision]:
        return
    other = ", or set training.precision to float64" if largest <= LARGEST["float64"] else ""
    name, most = target.column.name, LARGEST[precision]
    detail = f"{name!r} has values of up to {largest:.3g}; a network of {precision} can answer up to {most:g}."
    report.reject(pointer, f"{detail} Divide the column by a power of ten{other}.")


def _check_class_weight(weights: str | Sequence[float], goal: Goal, report: PlanningReport) -> None:
    pointer = "/training/class_weight"
    if goal.several:
        detail = (
            "class_weight weighs rows by the class of one target, and there are several. Weigh the targets by a loss "
            "of type multi_target, or yes against no by positive_weight of sigmoid_cross_entropy."
        )
        report.reject(pointer, detail)
    elif goal.task == "regression":
        report.reject(pointer, "class_weight needs classes, and this is a regression; leave it out.")
    elif not isinstance(weights, str):
        _check_count(pointer, len(weights), goal.targets[0], report)


def _check_count(pointer: str, weights: int, target: TargetPlan, report: PlanningReport) -> None:
    if weights != target.class_count:
        names = f" ({', '.join(target.classes)})" if target.classes else ""
        detail = f"There are {weights} weights for the {target.class_count} classes of {target.column.name!r}{names}."
        report.reject(pointer, detail)


def _check_metric(pointer: str, metric: str, held_back: int, goal: Goal, report: PlanningReport) -> None:
    if metric.startswith("val_") and not held_back:
        detail = f"{metric} is measured on validation rows, and validation.fraction is 0; use train_loss."
        report.reject(pointer, detail)
    wanted = {"val_accuracy": "classification", "val_r2": "regression", "val_mae": "regression"}.get(metric)
    if wanted and wanted not in goal.tasks:
        report.reject(pointer, f"{metric} is not measured for a {goal.task}; use val_loss.")


def fit_batch(training: TrainingSpec, rows: int, report: PlanningReport) -> TrainingSpec:
    """Return `training` with batches no larger than the rows; warn that this is not what was asked for."""
    if training.batch_size <= rows or "batch_size" not in training.model_fields_set:
        return training
    detail = f"batch_size {training.batch_size} is larger than the {rows} training rows; {rows} is used."
    report.warn("batch_size_reduced", detail)
    return training.model_copy(update={"batch_size": rows})


def warn_of_training(training: TrainingSpec, rows: int, report: PlanningReport, *, from_nothing: bool) -> None:
    """Note what will run, and not do what it is there for. `from_nothing`: weights are drawn, not taken over."""
    batches = ceil(rows / training.batch_size)
    full = training.optimizer.type == "lbfgs"
    if training.accumulate > batches:
        detail = f"accumulate {training.accumulate} is more than an epoch's {batches} batches: it makes one update."
        report.warn("accumulate_beyond_epoch", detail, fix=f"Accumulate {batches} batches or fewer.")
    steps = training.epochs * (1 if full else ceil(batches / training.accumulate))
    warmup = 0 if isinstance(training.schedule, OneCycleSpec) else training.schedule.warmup_steps
    if warmup >= steps > 0:
        detail = (
            f"The warm-up takes {warmup:,} updates, and training makes {steps:,}: the learning rate never gets full."
        )
        report.warn("warmup_beyond_training", detail, fix="Lower warmup_steps, or train for more epochs.")
    if training.frozen and from_nothing:
        names = ", ".join(map(str, training.frozen))
        detail = f"Frozen layers stay as they begin, and without init_from that is at random: {names}."
        report.warn("frozen_at_random", detail, fix="Name a model to go on from in init_from, or leave frozen out.")
