"""What a job gets that names nothing but its data: network and training to suit the table's size.

Chosen by mean scores over several splits of public tables from 208 to 32,561 rows: where rows are few for the number of
inputs, one wide layer held back by dropout and weight decay; elsewhere two layers, hardly held back.
"""

from collections.abc import Sequence
from math import ceil

from engine.spec import (
    ActivationSpec,
    AdamWSpec,
    CosineSpec,
    DenseSpec,
    DropoutSpec,
    EarlyStoppingSpec,
    LayerSpec,
    TrainingSpec,
)

AMPLE = 20  # training rows per input from which a network hardly overfits
STEPS = 2_400  # updates that small tables need until nothing improves any more
MIN_EPOCHS, MAX_EPOCHS = 20, 200
PATIENCE = 10  # epochs, or this share of all:
PATIENT_SHARE = 0.15


def default_layers(rows: int, inputs: int, training: TrainingSpec) -> tuple[LayerSpec, ...]:
    """Return hidden layers for `rows` training rows of `inputs` numbers; without dropout for a line search."""
    layers: tuple[LayerSpec, ...] = (DenseSpec(units=64), DropoutSpec(rate=0.05), DenseSpec(units=32))
    if _scarce(rows, inputs):
        layers = (DropoutSpec(rate=0.1), DenseSpec(units=128), DropoutSpec(rate=0.3))
    if training.optimizer.type == "lbfgs":
        return tuple(layer for layer in layers if not isinstance(layer, DropoutSpec))
    return layers


def default_training(training: TrainingSpec, rows: int, inputs: int, layers: Sequence[LayerSpec] = ()) -> TrainingSpec:
    """Return `training` with what was not set filled in for `rows` training rows of `inputs`; what was set stays.

    `layers`: those asked for. Inputs that are pixels or moments do not make rows scarce. Early stopping comes
    with the default number of epochs only: who asks for epochs gets all of them.
    """
    asked = training.model_fields_set
    batch_size = training.batch_size if "batch_size" in asked else _batch_size(rows)
    epochs = min(max(ceil(STEPS / ceil(rows / batch_size)), MIN_EPOCHS), MAX_EPOCHS)
    filled: dict[str, object] = {"batch_size": batch_size, "epochs": epochs}
    if "optimizer" not in asked:
        plain = all(isinstance(layer, (DenseSpec, DropoutSpec, ActivationSpec)) for layer in layers)
        scarce = plain and _scarce(rows, inputs)
        filled["optimizer"] = AdamWSpec(learning_rate=0.004 if scarce else 0.003, weight_decay=1.0 if scarce else 0.01)
        filled["schedule"] = CosineSpec()
    if "epochs" not in asked and training.validation.fraction > 0:
        patience = max(PATIENCE, round(PATIENT_SHARE * epochs))
        filled["early_stopping"] = EarlyStoppingSpec(metric="val_loss", patience=patience)
    return training.model_copy(update={name: value for name, value in filled.items() if name not in asked})


def _scarce(rows: int, inputs: int) -> bool:
    return rows < AMPLE * inputs


def _batch_size(rows: int) -> int:
    """Return rows per update, no more than there are: small batches find better minima, large ones are faster."""
    if rows < 5_000:
        return min(32, rows)
    return 128 if rows < 100_000 else 512
