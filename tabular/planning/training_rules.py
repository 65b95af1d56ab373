"""Which training settings fit which table."""

from collections.abc import Sequence
from math import ceil

from engine.spec import EarlyStoppingSpec, PlateauSpec, TrainingSpec
from engine.spec.schedules import WarmupSpec
from tabular.planning.report import PlanningReport
from tabular.planning.targets.class_balance import warn_of_rare_classes
from tabular.planning.targets.target_columns import TargetColumn
from tabular.planning.targets.targets import Targets
from tabular.spec import Task

MAX_TARGET = {"float32": 1e30, "float64": 1e150}  # size of a target whose square, in its own units, does not overflow
METRIC_TASKS: dict[str, Task] = {
    "val_accuracy": "classification",
    "val_balanced_accuracy": "classification",
    "val_roc_auc": "classification",
    "val_f1": "classification",
    "val_log_loss": "classification",
    "val_r2": "regression",
    "val_mae": "regression",
    "val_concordance": "regression",
}


def count_validation_rows(rows: int, fraction: float) -> int:
    """Return how many of `rows` are held out: the nearest whole number, at least one unless `fraction` is 0."""
    return max(1, round(fraction * rows)) if fraction > 0 else 0


def sample_size(rows: int, fraction: float) -> int:
    """Return how many of `rows` are a sample: the nearest whole number, at least one."""
    return max(1, round(fraction * rows))


def check_training(training: TrainingSpec, targets: Targets, report: PlanningReport) -> None:
    """Report every setting that the targets or the number of rows rule out."""
    held_out = count_validation_rows(targets.rows, training.validation.fraction)
    if held_out >= targets.rows:
        detail = f"Holding out {held_out} of {targets.rows} rows leaves none to train on. Lower the fraction."
        report.reject("/training/validation/fraction", detail)
    for index, target in enumerate(targets.columns):
        _check_magnitude(f"/target/{index}" if targets.several else "/target", target, training.precision, report)
        if not targets.several:
            warn_of_rare_classes(target, training, report)
    if training.processes is not None and "cox" in (training.loss, getattr(training.loss, "type", None)):
        detail = "`cox` compares all rows of a batch, which `processes` divides. Remove `processes`."
        report.reject("/training/processes", detail)
    if training.class_weight is not None:
        _check_class_weight(training.class_weight, targets, report)
    for name, part in (("early_stopping", training.early_stopping), ("schedule", training.schedule)):
        if isinstance(part, (EarlyStoppingSpec, PlateauSpec)):
            pointer = f"/training/{name}/metric"
            _check_metric(pointer, part.metric, targets, report, validates=training.validation.validates)
            _check_survival_metric(pointer, part.metric, training, report)


def _check_magnitude(pointer: str, target: TargetColumn, precision: str, report: PlanningReport) -> None:
    ends = [abs(end) for end in (target.column.min, target.column.max) if not isinstance(end, str | None)]
    largest = max(ends, default=0.0)
    if target.task == "classification" or largest <= MAX_TARGET[precision]:
        return
    name, most = target.column.name, MAX_TARGET[precision]
    other = ", or set `training.precision` to float64" if largest <= MAX_TARGET["float64"] else ""
    detail = f"{name!r} has values of up to {largest:.3g}; {precision} networks can predict values up to {most:g}."
    report.reject(pointer, f"{detail} Divide the column by a power of ten{other}.")


def _check_class_weight(weights: str | Sequence[float], targets: Targets, report: PlanningReport) -> None:
    pointer = "/training/class_weight"
    if targets.several:
        detail = (
            "class_weight weights rows by the class of a single target, but there are several. Use a multi_target "
            "loss to weight the targets, or positive_weight of sigmoid_cross_entropy to weight yes against no."
        )
        report.reject(pointer, detail)
    elif targets.task == "regression":
        report.reject(pointer, "class_weight is only for classification, and this is a regression. Leave it out.")
    elif not isinstance(weights, str):
        _check_weight_count(pointer, len(weights), targets.columns[0], report)


def _check_weight_count(pointer: str, weights: int, target: TargetColumn, report: PlanningReport) -> None:
    if weights != target.class_count:
        names = f" ({', '.join(target.classes)})" if target.classes else ""
        detail = f"There are {weights} weights for the {target.class_count} classes of {target.column.name!r}{names}."
        report.reject(pointer, f"{detail} Give one weight per class.")


def _check_metric(pointer: str, metric: str, targets: Targets, report: PlanningReport, *, validates: bool) -> None:
    if metric.startswith("val_") and not validates:
        detail = f"{metric} needs validation rows, but validation.fraction is 0. Use train_loss or raise the fraction."
        report.reject(pointer, detail)
    wanted = METRIC_TASKS.get(metric)
    if wanted and wanted not in targets.tasks:
        report.reject(pointer, f"{metric} is not available for {targets.task}. Use val_loss.")


def _check_survival_metric(pointer: str, metric: str, training: TrainingSpec, report: PlanningReport) -> None:
    is_cox = (training.loss if isinstance(training.loss, str) else training.loss.type) == "cox"
    if metric == "val_concordance" and not is_cox:
        report.reject(pointer, "val_concordance is only for times, with the loss cox. Use val_loss.")
    if metric in {"val_r2", "val_mae"} and is_cox:
        report.reject(pointer, f"{metric} is not available for cox, which predicts risks. Use val_concordance.")


def fit_batch_size(training: TrainingSpec, rows: int, report: PlanningReport) -> TrainingSpec:
    """Return `training` with a batch size of at most `rows`; warn if that changes the request."""
    if training.batch_size <= rows or "batch_size" not in training.model_fields_set:
        return training
    detail = f"batch_size {training.batch_size} is larger than the {rows} training rows; {rows} is used instead."
    report.warn("batch_size_reduced", detail)
    return training.model_copy(update={"batch_size": rows})


def warn_of_training(training: TrainingSpec, rows: int, report: PlanningReport, *, random_weights: bool) -> None:
    """Warn of settings that run but do not have their purpose. `random_weights`: the job has no `init_from`."""
    batches = ceil(rows / training.batch_size)
    if training.accumulate > batches:
        detail = f"accumulate is {training.accumulate}, but an epoch has {batches} batches and makes one update."
        report.warn("accumulate_beyond_epoch", detail, fix=f"Accumulate at most {batches} batches.")
    updates = 1 if training.optimizer.type == "lbfgs" else ceil(batches / training.accumulate)
    _warn_of_warmup(training, training.epochs * updates, report)
    if training.frozen and random_weights:
        names = ", ".join(map(str, training.frozen))
        detail = f"Layers {names} are frozen at their random initial weights because there is no init_from."
        report.warn("frozen_at_random", detail, fix="Start from a model or weights in init_from, or remove frozen.")


def _warn_of_warmup(training: TrainingSpec, updates: int, report: PlanningReport) -> None:
    warmup = training.schedule.warmup_steps if isinstance(training.schedule, WarmupSpec) else 0
    if warmup >= updates > 0:
        detail = (
            f"The warm-up takes {warmup:,} updates, but training makes only {updates:,}, "
            "so the learning rate never reaches its full value."
        )
        report.warn("warmup_beyond_training", detail, fix="Lower warmup_steps or train for more epochs.")
