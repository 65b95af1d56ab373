"""A job reuses a base model's features, and its first layers as far as they are equal."""

from dataclasses import replace
from typing import Any

import pytest

from engine.spec import MeanSquaredErrorSpec, PoissonSpec
from tabular.errors import InvalidPlan
from tabular.planning.initialization import Initialization
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.profile import Column, Profile, ValueCount
from tests.support.plan_requests import base_model, plan_request

CLASSES = (ValueCount(value="a", count=200), ValueCount(value="b", count=200))
TABLE = Profile(
    rows=400,
    columns=(
        Column(name="x", type="number", missing=0, distinct=300, integer=False),
        Column(name="z", type="category", missing=0, distinct=9, singletons=0),
        Column(name="y", type="category", missing=0, distinct=2, top=CLASSES),
    ),
)
X = [{"column": "x", "encoding": "standardize"}]
LAYERS = [{"type": "dense", "units": 4}, {"type": "dropout", "rate": 0.1}, {"type": "dense", "units": 3}]
OTHER = {"type": "dense", "units": 9}


def planned(base: Initialization, **request: Any) -> Plan:
    return plan(TABLE, plan_request("y", initialization=base, **request))


def rejected(base: Initialization, **request: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(base, **request)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def taken(found: Plan) -> tuple[int, bool]:
    assert found.init_from is not None
    return found.init_from.layers, found.init_from.head


def test_without_layers_and_features_all_of_the_model_is_taken() -> None:
    found = planned(base_model(X, LAYERS))
    assert [feature.column for feature in found.features] == ["x"]
    assert [layer.type for layer in found.layers] == ["dense", "dropout", "dense"]
    assert taken(found) == (3, True)


def test_a_new_head_leaves_the_output_layer_out() -> None:
    assert taken(planned(base_model(X, LAYERS, new_head=True))) == (3, False)


@pytest.mark.parametrize("other", [{"loss": MeanSquaredErrorSpec()}, {"classes": ("a", "c")}, {"classes": None}])
def test_the_output_layer_is_taken_only_if_it_means_the_same(other: dict[str, Any]) -> None:
    assert taken(planned(base_model(X, LAYERS, **other))) == (3, False)


@pytest.mark.parametrize(("theirs", "ours"), [("years", None), (None, "x")])
def test_an_output_layer_per_unit_of_exposure_needs_an_exposure(theirs: str | None, ours: str | None) -> None:
    numbers = replace(TABLE, columns=(*TABLE.columns, Column(name="n", type="number", missing=0, distinct=9, min=0)))
    base = base_model([{"column": "z"}], LAYERS, loss=PoissonSpec(), classes=None)
    base = replace(base, source=replace(base.source, task="regression", exposure=theirs))  # type: ignore[arg-type]
    request = plan_request("n", initialization=base, task="regression", training={"loss": "poisson"})
    with pytest.raises(InvalidPlan, match=r"(Name the column of exposures|Leave `exposure` out), or set .*new_head"):
        plan(numbers, replace(request, exposure=ours))
    renewed = replace(base, init_from=base.init_from.model_copy(update={"new_head": True}))
    assert taken(plan(numbers, replace(request, exposure=ours, initialization=renewed))) == (3, False)


def test_equal_first_layers_are_taken_up_to_the_first_difference() -> None:
    assert taken(planned(base_model(X, LAYERS), layers=[*LAYERS[:2], OTHER])) == (2, False)
    assert taken(planned(base_model(X, LAYERS), layers=LAYERS[:2])) == (2, False)


def test_a_different_first_layer_is_rejected() -> None:
    ((pointer, detail),) = rejected(base_model(X, LAYERS), layers=[OTHER])
    assert pointer == "/model/layers"
    assert "Leave `model` out" in detail


def test_only_taken_layers_with_parameters_are_frozen() -> None:
    assert planned(base_model(X, LAYERS, freeze_layers=2)).training.frozen == (0,)
    assert planned(base_model(X, LAYERS, freeze_layers=3)).training.frozen == (0, 2)
    ((pointer, detail),) = rejected(base_model(X, LAYERS, freeze_layers=2), layers=[LAYERS[0], OTHER])
    assert pointer == "/init_from/freeze_layers"
    assert "Only 1 layers" in detail


def test_frozen_embeddings_are_not_counted() -> None:
    embedding = {"type": "column_embedding", "columns": [{"column": 0, "categories": 12, "size": 2}]}
    features = [{"column": "z", "encoding": "embedding", "size": 2}]
    base = base_model(features, [embedding, *LAYERS], freeze_layers=1, embedding_rows={"z": 12})
    found = planned(base)
    assert found.training.frozen == (0, 1)
    assert taken(found) == (4, True)


@pytest.mark.parametrize("features", [[{"column": "z"}], [{"column": "x"}, {"column": "z"}]])
def test_other_features_than_the_models_are_rejected(features: list[dict[str, Any]]) -> None:
    ((pointer, detail),) = rejected(base_model(X, LAYERS), features=features)
    assert pointer == "/features"
    assert "'x'" in detail


def test_another_encoding_than_the_models_is_rejected() -> None:
    found = rejected(base_model(X, LAYERS), features=[{"column": "x", "encoding": "none"}])
    assert [pointer for pointer, _ in found] == ["/features/0/encoding"]
    assert planned(base_model(X, LAYERS), features=[{"column": "x"}]).init_from


def test_unfreezing_needs_frozen_layers() -> None:
    training = {"unfreeze_every": 2}
    assert planned(base_model(X, LAYERS, freeze_layers=1), training=training).training.frozen == (0,)
    ((pointer, _),) = rejected(base_model(X, LAYERS), training=training)
    assert pointer == "/training/unfreeze_every"
