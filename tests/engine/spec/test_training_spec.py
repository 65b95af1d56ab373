"""Training specs accept what the contract says, fill in defaults, and reject the rest."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine.spec import AdamSpec, AdamWSpec, CosineSpec, DenseSpec, ModelSpec, TrainingSpec

WHOLE = {
    "loss": "auto",
    "epochs": 30,
    "batch_size": 64,
    "shuffle": True,
    "seed": 7,
    "precision": "float32",
    "optimizer": {"type": "adamw", "learning_rate": 0.001, "weight_decay": 0.01},
    "schedule": {"type": "cosine", "warmup_steps": 100},
    "accumulate": 2,
    "regularization": {"l1": 0.0, "l2": 0.001, "max_norm": 3.0},
    "averaging": {"type": "ema", "decay": 0.99},
    "clip_value": 5.0,
    "clip_layer_norm": 2.0,
    "clip_norm": 1.0,
    "frozen": (0,),
    "validation": {"fraction": 0.2},
    "early_stopping": {"metric": "val_loss", "patience": 5, "min_delta": 0.0},
    "class_weight": "balanced",
    "checkpoint_every_seconds": 10,
    "max_runtime_seconds": 3600,
}


def test_the_example_of_the_contract_is_valid() -> None:
    spec = TrainingSpec.model_validate(WHOLE)
    assert isinstance(spec.optimizer, AdamWSpec)
    assert isinstance(spec.schedule, CosineSpec)
    assert spec.model_dump(exclude_unset=True) == WHOLE


def test_a_spec_round_trips_through_json() -> None:
    spec = TrainingSpec.model_validate(WHOLE)
    assert TrainingSpec.model_validate_json(spec.model_dump_json()) == spec


def test_an_empty_spec_has_the_defaults() -> None:
    spec = TrainingSpec()
    assert (spec.epochs, spec.batch_size, spec.seed, spec.precision) == (30, 64, 0, "float32")
    assert spec.optimizer == AdamSpec(learning_rate=0.001)
    assert spec.validation.fraction == 0.2


def test_the_type_selects_the_layer_spec() -> None:
    model = ModelSpec.model_validate({"layers": [{"type": "dense", "units": 3}, {"type": "dropout", "rate": 0.5}]})
    assert model.layers[0] == DenseSpec(units=3, activation="relu", initializer="auto")


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": -1},
        {"epochs": 10_001},
        {"epochs": "30"},
        {"epochs": True},
        {"batch_size": 0},
        {"batch_size": 65_537},
        {"seed": -1},
        {"clip_norm": 0.0},
        {"clip_norm": float("nan")},
        {"optimizer": {"type": "adam", "learning_rate": 0}},
        {"optimizer": {"type": "adam", "learning_rate": float("inf")}},
        {"optimizer": {"type": "adam", "momentum": 0.9}},
        {"optimizer": {"type": "rprop"}},
        {"optimizer": {"type": "lion", "learning_rate": 1e9, "weight_decay": 0.1}},
        {"optimizer": {"type": "lbfgs", "history": 0}},
        {"optimizer": {"type": "lbfgs"}},
        {"loss": "hinge"},
        {"loss": {"type": "huber", "delta": 0.0}},
        {"loss": {"type": "softmax_cross_entropy", "label_smoothing": 1.0}},
        {"loss": {"type": "quantile", "quantiles": [0.5, 0.1]}},
        {"loss": {"type": "quantile", "quantiles": [0.0]}},
        {"loss": {"type": "multi_target", "targets": []}},
        {"schedule": {"type": "one_cycle", "warmup_steps": 3}},
        {"schedule": {"type": "plateau", "factor": 1.0}},
        {"schedule": {"type": "cosine", "growth": 0.5}},
        {"regularization": {"l1": -1.0}},
        {"averaging": {"decay": 1.0}},
        {"accumulate": 0},
        {"clip_value": 0.0},
        {"frozen": [-1]},
        {"class_weight": [1.0]},
        {"class_weight": [1.0, 0.0]},
        {"class_weight": "unbalanced"},
        {"optimizer": {"type": "adamw", "learning_rate": 1e9, "weight_decay": 0.1}},
        {"validation": {"fraction": 1.0}},
        {"max_runtime_seconds": 86_401},
        {"unknown": 1},
    ],
    ids=str,
)
def test_values_out_of_range_raise_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainingSpec.model_validate({**WHOLE, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "huber"},
        {"loss": {"type": "huber", "delta": 2.0}},
        {"loss": {"type": "quantile", "quantiles": [0.1, 0.5, 0.9]}},
        {"loss": {"type": "sigmoid_cross_entropy", "positive_weight": [3.0]}},
        {"loss": {"type": "multi_target", "targets": [{"outputs": 3, "loss": {"type": "poisson"}, "weight": 2.0}]}},
        {"schedule": {"type": "one_cycle", "rise": 0.2}},
        {"schedule": {"type": "plateau", "metric": "train_loss"}},
        {"schedule": {"type": "cosine", "restarts": 3, "growth": 2.0}},
        {"optimizer": {"type": "rmsprop", "momentum": 0.9}},
        {"class_weight": [1.0, 2.5]},
    ],
    ids=str,
)
def test_values_in_range_round_trip_through_json(change: dict[str, Any]) -> None:
    spec = TrainingSpec.model_validate({**WHOLE, **change})
    assert TrainingSpec.model_validate_json(spec.model_dump_json()) == spec


def test_lbfgs_rejects_every_setting_that_changes_gradients() -> None:
    optimizer = {"type": "lbfgs"}
    TrainingSpec.model_validate({"optimizer": optimizer})
    rejected = {"clip_norm": 1.0, "clip_value": 1.0, "clip_layer_norm": 1.0, "averaging": {}, "accumulate": 2}
    with pytest.raises(ValidationError) as caught:
        TrainingSpec.model_validate({"optimizer": optimizer, "regularization": {"max_norm": 1.0}, **rejected})
    found = {problem["loc"]: problem["msg"] for problem in caught.value.errors()}
    assert set(found) == {*((name,) for name in rejected), ("regularization", "max_norm")}
    assert all(f"`{path[-1]}`" in message and "Remove" in message for path, message in found.items())


def test_nesterov_requires_momentum() -> None:
    with pytest.raises(ValidationError) as caught:
        TrainingSpec.model_validate({"optimizer": {"type": "sgd", "nesterov": True}})
    assert [problem["loc"] for problem in caught.value.errors()] == [("optimizer", "sgd", "nesterov")]
    TrainingSpec.model_validate({"optimizer": {"type": "sgd", "nesterov": True, "momentum": 0.5}})


@pytest.mark.parametrize(
    "layers",
    [
        [{"type": "dense", "units": 8_193}],
        [{"type": "dropout", "rate": 1.0}],
        [{"type": "dense", "units": 1}] * 65,
        [{"units": 3}],
    ],
)
def test_layers_out_of_range_raise_an_error(layers: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        ModelSpec.model_validate({"layers": layers})
