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
from tabular.planning.presets import ENSEMBLES, FAST_VALIDATION, MAX_FOLDED_ROWS, TABLE, Recipe
from tabular.planning.targets.losses import CLASS_LOSSES, REGRESSION_LOSSES, TWO_CLASS_LOSSES
from tabular.spec import Preset

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
    return f"{steps}, otherwise {LARGE_BATCH_SIZE}"


def _loss() -> str:
    return (
        f"`auto`: `{REGRESSION_LOSSES[0]}` for numbers, `{TWO_CLASS_LOSSES[0]}` for two classes, "
        f"`{CLASS_LOSSES[0]}` for more classes, the mean of the targets' losses for several targets"
    )


def _recipe_batch_size(recipe: Recipe) -> str:
    steps = ", ".join(f"{size} for fewer than {below:,}" for below, size in recipe.batch_sizes)
    return f"{steps} training rows, otherwise {recipe.large_batch_size}"


def _recipe_epochs(recipe: Recipe) -> str:
    return (
        f"enough for {recipe.updates:,} updates, from {recipe.min_epochs} to {recipe.max_epochs}; fewer, but at least "
        f"{recipe.fewest_epochs}, for large tables, so that their work stays the same"
    )


def _recipe_optimizer(recipe: Recipe) -> str:
    optimizer = recipe.optimizer
    fields = optimizer.model_dump(exclude_defaults=True, exclude={"type"})
    return f"`{optimizer.type}` with {', '.join(f'{name} {value:g}' for name, value in fields.items())}"


def _rates(recipe: Recipe) -> str:
    fields = recipe.rates.model_dump(exclude_defaults=True)
    return ", ".join(f"`{name}` {str(value).lower()}" for name, value in fields.items())


PLAIN = "with own `model` layers, `sequence`, `init_from` or `lbfgs`"
MODEL_DEFAULT = (
    f"{', '.join(map(_layer, TABLE.layers))}; with `sequence` or `lbfgs`: {_layers(AMPLE_ROWS)}, or with {FEW}: "
    f"{_layers(FEW_ROWS)}, without dropout for `lbfgs`"
)
RECIPE_TEXTS = {
    "batch_size": _recipe_batch_size(TABLE),
    "epochs": _recipe_epochs(TABLE),
    "optimizer": _recipe_optimizer(TABLE),
    "learning_rate_factors": f"{_rates(TABLE)}; none if the request sets `optimizer`",
    "schedule": f"`{TABLE.schedule.type}`",
    "output_initializer": "`zeros`",
    "clamp_predictions": "`true`",
    "early_stopping": f"on `{TABLE.metric}` with a patience of {TABLE.patience_share:.0%} of the epochs",
}
PLAIN_TEXTS = {
    "batch_size": _batch_size(),
    "epochs": f"enough for {UPDATES:,} updates, from {MIN_EPOCHS} to {MAX_EPOCHS}",
    "optimizer": f"`adamw` with {_optimizer(AMPLE_ROWS)}; with {FEW} and only dense layers: {_optimizer(FEW_ROWS)}",
    "learning_rate_factors": "none",
    "schedule": f"`{SCHEDULE.type}`",
    "output_initializer": "`auto`",
    "clamp_predictions": "`false`",
    "early_stopping": f"on `{METRIC}` with a patience of {PATIENCE_SHARE:.0%} of the epochs, at least {MIN_PATIENCE}",
}
ALWAYS = {
    "batch_size": "never more than there are training rows",
    "schedule": "`constant` if the request sets `optimizer`",
    "early_stopping": "none if the request sets `epochs` or there are no validation rows",
}
SAME_TEXTS = {
    "loss": f"{_loss()}; with `label_smoothing` {TABLE.label_smoothing:g} for a single target with classes, except "
    f"{PLAIN}",
    "validation": "by the preset; with an `ensemble` of folds, those of the ensemble; otherwise `fraction` 0.2; `by` "
    "`stratified` for a single target with classes, otherwise `random`; `time` by `order_by` with `sequence`",
}


def _ensemble(preset: Preset) -> str:
    ensemble, most = ENSEMBLES[preset], MAX_FOLDED_ROWS[preset]
    bags = f" in {1 + len(ensemble.blend)} bags" if ensemble.blend else ""
    return (
        f"an `ensemble` of {ensemble.folds} folds{bags}: one network per fold and bag, whose answers are averaged "
        f"(up to {most:,} rows)"
    )


PRESET_TEXTS: dict[Preset, str] = {
    "fast": f"one small network, trained on all rows; {FAST_VALIDATION.folds} more networks on folds choose its epoch "
    f"and evaluate it (up to {MAX_FOLDED_ROWS['fast']:,} rows; with more rows, a fifth of them is held out)",
    "balanced": _ensemble("balanced"),
    "best": _ensemble("best"),
}


def _both(name: str) -> str:
    always = f"; {ALWAYS[name]}" if name in ALWAYS else ""
    return f"{RECIPE_TEXTS[name]}; {PLAIN}: {PLAIN_TEXTS[name]}{always}"


TRAINING_DEFAULTS = SAME_TEXTS | {name: _both(name) for name in RECIPE_TEXTS}


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
