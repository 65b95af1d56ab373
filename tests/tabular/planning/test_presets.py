"""Presets decide about what a request leaves out, and about nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from engine.spec import ScaleSpec, TrainingSpec
from tabular.planning.default_texts import PRESET_TEXTS, TRAINING_DEFAULTS
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.presets import ENSEMBLES, MAX_BINNED_NUMBERS, TABLE, recipe_training
from tabular.profile import Column, Profile, ValueCount
from tests.support.plan_requests import plan_request

X = Column(name="x", type="number", missing=0, distinct=90, min=0, max=1, mean=0.5, stddev=0.3)
KIND = Column(
    name="kind",
    type="category",
    missing=0,
    distinct=2,
    top=(ValueCount(value="a", count=60), ValueCount(value="b", count=40)),
)
PROFILE = Profile(rows=500, columns=(X, KIND))
DENSE = [{"type": "dense", "units": 3}]
SEVERAL = ("balanced", "best")


def planned(preset: str, profile: Profile = PROFILE, target: str = "kind", **fields: Any) -> Plan:
    return plan(profile, plan_request(target, preset=preset, ensemble="default", **fields))


@pytest.mark.parametrize("preset", SEVERAL)
def test_a_table_gets_the_ensemble_of_its_preset(preset: Any) -> None:
    found = planned(preset)
    assert (found.preset, found.networks) == (preset, ENSEMBLES[preset].folds)
    assert len(found.bags) == 1 + len(ENSEMBLES[preset].blend)
    assert str(found.networks) in PRESET_TEXTS[preset]


def test_fast_trains_one_network_that_folds_evaluate() -> None:
    found = planned("fast")
    assert (found.ensemble, found.networks, found.training.validation.folds) == (None, 1, 3)


def test_fast_holds_rows_out_of_a_large_table() -> None:
    validation = planned("fast", replace(PROFILE, rows=50_000)).training.validation
    assert (validation.folds, validation.fraction) == (None, 0.2)


@pytest.mark.parametrize(
    "fields",
    [
        {"layers": DENSE},
        {"training": {"validation": {"fraction": 0.3}}},
        {"training": {"epochs": 0}},
        {"training": {"optimizer": {"type": "lbfgs"}}},
    ],
    ids=str,
)
@pytest.mark.parametrize("preset", ["fast", *SEVERAL])
def test_a_request_with_its_own_network_or_validation_gets_one_network(preset: str, fields: dict[str, Any]) -> None:
    found = planned(preset, **fields)
    assert (found.ensemble, found.training.validation.folds) == (None, None)


@pytest.mark.parametrize("rows", [10, 50_000_000])
def test_very_small_and_very_large_tables_get_one_network(rows: int) -> None:
    assert planned("best", replace(PROFILE, rows=rows)).networks == 1


def test_the_recipe_gives_encoding_layers_loss_and_training() -> None:
    found = planned("fast")
    assert [feature.encoding for feature in found.features] == ["numeric_embedding"]
    assert isinstance(found.layers[0], ScaleSpec)
    assert found.model_dump()["loss"]["label_smoothing"] == TABLE.label_smoothing
    assert found.training.learning_rate_factors == TABLE.rates
    assert f"{TABLE.updates:,} updates" in TRAINING_DEFAULTS["epochs"]


def test_own_layers_keep_plain_inputs_and_the_plain_loss() -> None:
    found = planned("fast", layers=DENSE)
    assert ([feature.encoding for feature in found.features], found.loss) == (["standardize"], "sigmoid_cross_entropy")
    assert found.training.learning_rate_factors is None


def test_wide_tables_of_numbers_get_no_bins() -> None:
    columns = tuple(replace(X, name=f"x{place}") for place in range(MAX_BINNED_NUMBERS + 1))
    found = planned("fast", Profile(rows=500, columns=(*columns, KIND)))
    assert {feature.encoding for feature in found.features} == {"robust"}


def test_the_recipe_keeps_what_was_requested() -> None:
    requested = TrainingSpec.model_validate({"optimizer": {"type": "sgd"}, "epochs": 3, "batch_size": 7})
    found = recipe_training(TABLE, requested, rows=1_000, inputs=10)
    assert (found.optimizer, found.epochs, found.batch_size) == (requested.optimizer, 3, 7)
    assert (found.learning_rate_factors, found.early_stopping) == (None, None)


@pytest.mark.parametrize(("rows", "batch_size"), [(10, 10), (1_499, 64), (1_500, 128), (4_000, 256), (200_000, 512)])
def test_batches_grow_with_the_rows(rows: int, batch_size: int) -> None:
    assert TABLE.batch_size(rows) == batch_size


def test_large_tables_train_for_fewer_epochs() -> None:
    each = [TABLE.epochs(rows, 100, TABLE.batch_size(rows)) for rows in (100, 26_000, 200_000, 5_000_000)]
    assert each == sorted(each, reverse=True)
    assert each[0] == TABLE.max_epochs
    assert each[-1] == TABLE.fewest_epochs


def test_wide_tables_train_for_fewer_epochs() -> None:
    assert TABLE.epochs(26_000, 2_000, 256) < TABLE.epochs(26_000, 100, 256) == TABLE.min_epochs
