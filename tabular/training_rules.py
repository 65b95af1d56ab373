"""Which training settings fit which table."""

from engine.spec import TrainingSpec
from tabular.findings import Findings
from tabular.split import validation_rows
from tabular.tasks import TargetPlan


def check_training(training: TrainingSpec, target: TargetPlan, findings: Findings) -> None:
    """Note every setting that the task or the number of rows makes impossible."""
    held_back = validation_rows(target.rows, training.validation.fraction)
    if held_back >= target.rows:
        detail = f"{held_back} of {target.rows} rows held back leave none to learn from; use a smaller fraction."
        findings.refuse("/training/validation/fraction", detail)
    if training.class_weight is not None and target.task == "regression":
        detail = "class_weight needs classes, and this is a regression; leave it out."
        findings.refuse("/training/class_weight", detail)
    if training.early_stopping is not None:
        _check_metric(training.early_stopping.metric, held_back, target, findings)


def _check_metric(metric: str, held_back: int, target: TargetPlan, findings: Findings) -> None:
    pointer = "/training/early_stopping/metric"
    if metric.startswith("val_") and not held_back:
        detail = f"{metric} is measured on validation rows, and validation.fraction is 0; use train_loss."
        findings.refuse(pointer, detail)
    classes_only = {"val_accuracy"}
    numbers_only = {"val_r2", "val_mae"}
    if metric in (classes_only if target.task == "regression" else numbers_only):
        findings.refuse(pointer, f"{metric} is not measured for a {target.task}; use val_loss.")


def fit_batch(training: TrainingSpec, rows: int, findings: Findings) -> TrainingSpec:
    """Return `training` with batches no larger than the rows; warn that this is not what was asked for."""
    if training.batch_size <= rows or "batch_size" not in training.model_fields_set:
        return training
    detail = f"batch_size {training.batch_size} is larger than the {rows} training rows; {rows} is used."
    findings.warn("batch_size_reduced", detail)
    return training.model_copy(update={"batch_size": rows})
