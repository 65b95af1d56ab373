"""What a job gets that names nothing but its data: network and training to suit the table's size."""

from engine.spec import AdamWSpec, DenseSpec, DropoutSpec, EarlyStoppingSpec, LayerSpec, OptimizerSpec, TrainingSpec
from tabular.tasks import TargetPlan


def default_layers(rows: int, inputs: int, target: TargetPlan) -> tuple[LayerSpec, ...]:
    """Return hidden layers for `rows` training rows of `inputs` numbers."""
    del inputs, target
    if rows < 2_000:
        return (DenseSpec(units=64), DropoutSpec(rate=0.3))
    return (DenseSpec(units=64), DropoutSpec(rate=0.1), DenseSpec(units=32))


def default_training(training: TrainingSpec, rows: int, inputs: int, target: TargetPlan) -> TrainingSpec:
    """Return `training` with what was not set filled in for the table; what was set stays."""
    del inputs, target
    filled: dict[str, object] = {}
    unset = {"epochs", "batch_size", "optimizer", "early_stopping"} - training.model_fields_set
    if "batch_size" in unset:
        filled["batch_size"] = 32 if rows < 2_000 else 128
    if "epochs" in unset:
        filled["epochs"] = 60 if rows < 5_000 else 20
    if "optimizer" in unset:
        filled["optimizer"] = _optimizer(rows)
    if "early_stopping" in unset and "epochs" in unset and training.validation.fraction > 0:
        filled["early_stopping"] = EarlyStoppingSpec(metric="val_loss", patience=10)
    return training.model_copy(update=filled)


def _optimizer(rows: int) -> OptimizerSpec:
    return AdamWSpec(learning_rate=0.002, weight_decay=0.05 if rows < 2_000 else 0.01)
