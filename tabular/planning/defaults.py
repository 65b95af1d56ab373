"""What a job gets for the fields that its request leaves out: layers and training that suit the table's size.

Chosen by mean scores over several splits of public tables from 208 to 32,561 rows: with few rows per input, one wide
layer held back by dropout and weight decay; otherwise two layers with little regularization.
`tabular.planning.default_texts` describes these values for the OpenAPI document and `docs/defaults.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from engine.spec import (
    ActivationSpec,
    AdamWSpec,
    CosineSpec,
    DenseSpec,
    DropoutSpec,
    EarlyStoppingSpec,
    LayerSpec,
    MetricName,
    ScheduleSpec,
    TrainingSpec,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeDefaults:
    """The layers and the optimizer for tables of one kind."""

    layers: tuple[LayerSpec, ...]
    optimizer: AdamWSpec


MIN_AMPLE_ROWS = 20  # training rows per input with which a network hardly overfits
AMPLE_ROWS = SizeDefaults(
    layers=(DenseSpec(units=64), DropoutSpec(rate=0.05), DenseSpec(units=32)),
    optimizer=AdamWSpec(learning_rate=0.003, weight_decay=0.01),
)
FEW_ROWS = SizeDefaults(
    layers=(DropoutSpec(rate=0.1), DenseSpec(units=128), DropoutSpec(rate=0.3)),
    optimizer=AdamWSpec(learning_rate=0.004, weight_decay=1.0),
)
SCHEDULE: ScheduleSpec = CosineSpec()

BATCH_SIZES = ((5_000, 32), (100_000, 128))  # below so many training rows; small batches find better minima,
LARGE_BATCH_SIZE = 512  # large ones are faster

UPDATES = 2_400  # after which small tables hardly improve
MIN_EPOCHS, MAX_EPOCHS = 20, 200
METRIC: MetricName = "val_loss"  # for early stopping
MIN_PATIENCE = 10  # epochs
PATIENCE_SHARE = 0.15  # of all epochs


def default_layers(rows: int, inputs: int, training: TrainingSpec) -> tuple[LayerSpec, ...]:
    """Return the hidden layers for `rows` training rows of `inputs` numbers; without dropout for a line search."""
    layers = _by_size(rows, inputs).layers
    if training.optimizer.type == "lbfgs":
        return tuple(layer for layer in layers if not isinstance(layer, DropoutSpec))
    return layers


def default_training(training: TrainingSpec, rows: int, inputs: int, layers: Sequence[LayerSpec] = ()) -> TrainingSpec:
    """Return `training` with defaults for the fields that were not set, for `rows` training rows of `inputs` numbers.

    `layers`: the requested layers; inputs that are pixels or time steps do not mean that rows are few.
    The default schedule comes only with the default optimizer, and early stopping only with the default number of
    epochs: a request for a number of epochs gets all of them.
    """
    requested = training.model_fields_set
    batch_size = training.batch_size if "batch_size" in requested else _batch_size(rows)
    epochs = min(max(ceil(UPDATES / ceil(rows / batch_size)), MIN_EPOCHS), MAX_EPOCHS)
    defaults: dict[str, object] = {"batch_size": batch_size, "epochs": epochs}
    if "optimizer" not in requested:
        flat = all(isinstance(layer, (DenseSpec, DropoutSpec, ActivationSpec)) for layer in layers)
        defaults["optimizer"] = (_by_size(rows, inputs) if flat else AMPLE_ROWS).optimizer
        defaults["schedule"] = SCHEDULE
    if "epochs" not in requested and training.validation.validates:
        patience = max(MIN_PATIENCE, round(PATIENCE_SHARE * epochs))
        defaults["early_stopping"] = EarlyStoppingSpec(metric=METRIC, patience=patience)
    return training.model_copy(update={name: value for name, value in defaults.items() if name not in requested})


def _by_size(rows: int, inputs: int) -> SizeDefaults:
    return FEW_ROWS if rows < MIN_AMPLE_ROWS * inputs else AMPLE_ROWS


def _batch_size(rows: int) -> int:
    """Return the rows per batch, at most all of them."""
    return min(next((size for below, size in BATCH_SIZES if rows < below), LARGE_BATCH_SIZE), rows)
