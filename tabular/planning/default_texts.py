"""Describe the defaults of `tabular.planning.defaults` in words, for the OpenAPI document and the documentation."""

from typing import Any

from pydantic import ConfigDict

from engine.spec import LayerSpec, TrainingSpec
from tabular.planning.defaults import (
    AMPLE_ROWS,
    BATCH_SIZES,
    FEW_ROWS,
    LARGE_BATCH_SIZE,
    MAX_EPOCHS,
    METRIC,
    MIN_AMPLE_ROWS,
    MIN_EPOCHS,
    MIN_PATIENCE,
    PATIENCE_SHARE,
    SCHEDULE,
    UPDATES,
    SizeDefaults,
)
from tabular.planning.targets.losses import CLASS_LOSSES, REGRESSION_LOSSES, TWO_CLASS_LOSSES

FEW = f"fewer than {MIN_AMPLE_ROWS} training rows per input"


def _layer(layer: LayerSpec) -> str:
    """Return a layer with the fields that differ from their defaults."""
    fields = layer.model_dump(exclude_defaults=True, exclude={"type"})
    return f"{layer.type}({', '.join(f'{name}={value}' for name, value in fields.items())})"


def _layers(size: SizeDefaults) -> str:
    return ", ".join(map(_layer, size.layers))


def _optimizer(size: SizeDefaults) -> str:
    optimizer = size.optimizer
    return f"learning_rate {optimizer.learning_rate:g} and weight_decay {optimizer.weight_decay:g}"


def _batch_size() -> str:
    steps = ", ".join(f"{size} for fewer than {below:,} training rows" for below, size in BATCH_SIZES)
    return f"{steps}, otherwise {LARGE_BATCH_SIZE}; never more than there are training rows"


def _loss() -> str:
    return (
        f"`auto`: `{REGRESSION_LOSSES[0]}` for numbers, `{TWO_CLASS_LOSSES[0]}` for two classes, "
        f"`{CLASS_LOSSES[0]}` for more classes, the mean of the targets' losses for several targets"
    )


MODEL_DEFAULT = f"{_layers(AMPLE_ROWS)}; with {FEW}: {_layers(FEW_ROWS)}; no dropout with `lbfgs`"
TRAINING_DEFAULTS = {
    "loss": _loss(),
    "epochs": f"enough epochs for {UPDATES:,} updates, from {MIN_EPOCHS} to {MAX_EPOCHS}",
    "batch_size": _batch_size(),
    "optimizer": f"`adamw` with {_optimizer(AMPLE_ROWS)}; with {FEW} and only dense layers: {_optimizer(FEW_ROWS)}",
    "schedule": f"`{SCHEDULE.type}`; `constant` if the request sets `optimizer`",
    "validation": "`fraction` 0.2; `by` `stratified` for a single target with classes, otherwise `random`; "
    "`time` by `order_by` with `sequence`",
    "early_stopping": f"on `{METRIC}` with a patience of {PATIENCE_SHARE:.0%} of the epochs, at least {MIN_PATIENCE}; "
    "none if the request sets `epochs` or there are no validation rows",
}


def _document_defaults(schema: dict[str, Any]) -> None:
    """Replace the engine's defaults in the JSON schema where planning chooses another value."""
    for name, text in TRAINING_DEFAULTS.items():
        field = schema["properties"][name]
        field.pop("default", None)
        described = f"{field['description']}. " if "description" in field else ""
        field["description"] = f"{described}Default: {text}."


class TrainingRequest(TrainingSpec):
    """How to train. Every field has a default; the default of some depends on the table."""

    model_config = ConfigDict(json_schema_extra=_document_defaults)

    def to_spec(self) -> TrainingSpec:
        """Return the same settings as the engine's spec, with the same fields set."""
        values = {name: getattr(self, name) for name in TrainingSpec.model_fields}
        return TrainingSpec.model_construct(_fields_set=set(self.model_fields_set), **values)
