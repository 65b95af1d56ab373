"""Layers are checked against the features and the training, with a pointer to each problem."""

from typing import Any

import pytest

from engine.spec import TrainingSpec
from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.profile import Column, Profile, ValueCount
from tests.support.plan_requests import base_model, plan_request

IMAGE = {"type": "reshape", "shape": [1, 2, 3]}
SEQUENCE = {"type": "reshape", "shape": [6, 1]}
LAYERS: list[list[dict[str, Any]]] = [
    [IMAGE, {"type": "conv2d", "channels": 2, "kernel": 2}, {"type": "batch_norm"}, {"type": "flatten"}],
    [IMAGE, {"type": "conv2d", "channels": 2, "padding": "same"}, {"type": "max_pool"}],
    [IMAGE, {"type": "average_pool"}, {"type": "global_pool"}, {"type": "dense", "units": 2}],
    [SEQUENCE, {"type": "conv1d", "channels": 2}, {"type": "lstm", "units": 2}, {"type": "layer_norm"}],
    [SEQUENCE, {"type": "gru", "units": 4, "output": "sequence"}, {"type": "attention", "heads": 2}],
    [{"type": "embedding", "vocabulary": 10, "units": 4}, {"type": "positions"}, {"type": "flatten"}],
    [
        {"type": "residual", "layers": [{"type": "dense", "units": 6}]},
        {"type": "activation"},
        {"type": "dropout", "rate": 0.1},
    ],
]


def number(name: str, **facts: Any) -> Column:
    return Column(**{"name": name, "type": "number", "missing": 0, "distinct": 10, "integer": True, **facts})


def table(*columns: Column) -> Profile:
    top = tuple(ValueCount(value=value, count=50) for value in "ab")
    target = Column(name="y", type="category", missing=0, distinct=2, top=top)
    return Profile(rows=100, columns=(*columns, target))


SIX = table(*(number(f"c{n}", min=0, max=9) for n in range(6)))


def planned(
    profile: Profile, layers: list[dict[str, Any]], features: list[dict[str, Any]] | None = None, **training: Any
) -> Plan:
    return plan(profile, plan_request("y", features=features, layers=layers, training=training))


def rejected(*arguments: Any, **training: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(*arguments, **training)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


@pytest.mark.parametrize("layers", LAYERS)
def test_every_kind_of_layer_can_be_planned(layers: list[dict[str, Any]]) -> None:
    assert [layer.type for layer in planned(SIX, layers).layers] == [layer["type"] for layer in layers]


@pytest.mark.parametrize(
    ("layers", "pointer", "says"),
    [
        ([{"type": "reshape", "shape": [1, 3, 3]}], "/model/layers/0", "The features make 6 inputs"),
        ([{"type": "dense", "units": 4}, {"type": "reshape", "shape": [5]}], "/model/layers/1", "do not fit shape"),
        ([{"type": "lstm", "units": 4}], "/model/layers/0", "add a reshape layer to [time, features] before it"),
        ([{"type": "attention"}], "/model/layers/0", "add a reshape layer to [time, features] before it"),
        ([{"type": "positions"}], "/model/layers/0", "add a reshape layer to [time, features] before it"),
        ([{"type": "max_pool"}], "/model/layers/0", "reshape layer to [channels, height, width] or [time, features]"),
        ([{"type": "global_pool"}], "/model/layers/0", "reshape layer to [channels, height, width] or [time,"),
        ([SEQUENCE, {"type": "max_pool", "kernel": [2, 3]}], "/model/layers/1", "use single numbers for kernel"),
        ([SEQUENCE, {"type": "average_pool", "stride": [2, 2]}], "/model/layers/1", "use single numbers"),
        ([IMAGE, {"type": "conv2d", "channels": 2, "kernel": 4}], "/model/layers/1", "kernel of 4"),
        (
            [{"type": "residual", "layers": [{"type": "dense", "units": 6}, {"type": "conv2d", "channels": 2}]}],
            "/model/layers/0/layers/1",
            "conv2d",
        ),
        (
            [{"type": "residual", "layers": [{"type": "dense", "units": 2}], "projection": [{"type": "max_pool"}]}],
            "/model/layers/0/projection/0",
            "max_pool",
        ),
        ([{"type": "residual", "layers": [{"type": "dense", "units": 2}]}], "/model/layers/0", "projection"),
    ],
)
def test_shapes_that_do_not_fit_are_rejected_at_their_layer(
    layers: list[dict[str, Any]], pointer: str, says: str
) -> None:
    ((found, detail),) = rejected(SIX, layers)
    assert found == pointer
    assert says in detail


@pytest.mark.parametrize(
    "column",
    [
        Column(name="job", type="category", missing=0, distinct=3, singletons=0),
        Column(name="day", type="datetime", missing=0, distinct=3),
        number("gap", missing=3),
    ],
)
def test_a_reshape_needs_an_exact_number_of_inputs(column: Column) -> None:
    profile = table(number("a"), column)
    inputs = planned(profile, []).inputs_at_most
    ((pointer, detail),) = rejected(profile, [{"type": "reshape", "shape": [inputs, 1]}])
    assert pointer == "/model/layers/0"
    assert f"at most {inputs}" in detail
    assert repr(column.name) in detail
    assert "without missing values" in rejected(profile, [{"type": "reshape", "shape": [99]}])[0][1]


def test_dense_layers_accept_any_number_of_inputs() -> None:
    job = Column(name="job", type="category", missing=0, distinct=3, singletons=0)
    assert planned(table(number("a"), job), [{"type": "dense", "units": 3}]).inputs_at_most == 5


def test_constant_pixels_are_inputs_of_images_only() -> None:
    profile = table(*(number(f"p{n}", distinct=1 if n == 0 else 10) for n in range(4)))
    assert planned(profile, [{"type": "reshape", "shape": [1, 2, 2]}]).inputs_at_most == 4
    assert planned(profile, [{"type": "dense", "units": 2}]).inputs_at_most == 3
    assert "'p0'" in rejected(profile, [{"type": "conv2d", "channels": 2}])[0][1]


def test_an_embedding_layer_gets_whole_numbers_unchanged() -> None:
    features = planned(SIX, [{"type": "embedding", "vocabulary": 10, "units": 4}]).features
    assert {feature.encoding for feature in features} == {"none"}


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (number("c", integer=False), "fractions"),
        (number("c", missing=2), "no value in 2 rows"),
        (number("c", min=-1, max=3), "has values down to -1"),
        (Column(name="c", type="category", missing=0, distinct=3), "category"),
    ],
)
def test_an_embedding_layer_rejects_values_that_it_cannot_look_up(column: Column, says: str) -> None:
    layers = [{"type": "embedding", "vocabulary": 10, "units": 4}]
    for features, pointer in ((None, "/model/layers/0"), ([{"column": "a"}, {"column": "c"}], "/features/1")):
        ((found, detail),) = rejected(table(number("a"), column), layers, features)
        assert found == pointer
        assert says in detail


def test_an_embedding_layer_rejects_standardized_numbers() -> None:
    layers = [{"type": "embedding", "vocabulary": 10, "units": 4}]
    ((pointer, detail),) = rejected(SIX, layers, [{"column": "c1", "encoding": "standardize"}])
    assert pointer == "/features/0"
    assert '"encoding": "none"' in detail


def test_too_small_a_vocabulary_is_rejected_with_the_size_needed() -> None:
    ((pointer, detail),) = rejected(SIX, [{"type": "embedding", "vocabulary": 9, "units": 4}])
    assert pointer == "/model/layers/0/vocabulary"
    assert "Set `vocabulary` to 10 or more" in detail


def test_an_embedding_layer_must_come_first() -> None:
    layers = [{"type": "dense", "units": 3}, {"type": "embedding", "vocabulary": 10, "units": 4}]
    assert [pointer for pointer, _ in rejected(SIX, layers)] == ["/model/layers/1"]


def test_an_embedding_layer_inside_a_block_or_after_another_is_rejected() -> None:
    embedding = {"type": "embedding", "vocabulary": 10, "units": 4}
    block = {"type": "residual", "layers": [embedding], "projection": [embedding]}
    assert [pointer for pointer, _ in rejected(SIX, [block])] == [
        "/model/layers/0/layers/0",
        "/model/layers/0/projection/0",
    ]
    layers = [{**embedding, "units": 1}, {"type": "flatten"}, embedding]
    assert [pointer for pointer, _ in rejected(SIX, layers)] == ["/model/layers/2"]


DROPOUT, NORM, DENSE = {"type": "dropout", "rate": 0.1}, {"type": "batch_norm"}, {"type": "dense", "units": 6}
LINE_SEARCH = {"type": "lbfgs"}


def test_lbfgs_rejects_dropout_and_batch_norm_unless_in_inference_mode() -> None:
    layers = [DENSE, DROPOUT, {"type": "residual", "layers": [DENSE, NORM]}]
    assert [pointer for pointer, _ in rejected(SIX, layers, optimizer=LINE_SEARCH)] == [
        "/model/layers/1",
        "/model/layers/2/layers/1",
    ]
    assert planned(SIX, layers)
    assert planned(SIX, layers, optimizer=LINE_SEARCH, frozen=[0, 2])
    base = base_model([{"column": f"c{n}"} for n in range(6)], layers, freeze_layers=3)
    assert plan(SIX, plan_request("y", training={"optimizer": LINE_SEARCH}, initialization=base))


def test_default_layers_for_lbfgs_have_no_dropout() -> None:
    training = TrainingSpec.model_validate({"optimizer": LINE_SEARCH})
    for profile in (SIX, table(*(number(f"c{n}", min=0, max=9) for n in range(2)))):
        kinds = {layer.type for layer in plan(profile, PlanRequest(target="y", training=training)).layers}
        assert kinds == {"dense"}


def test_batch_norm_of_flat_rows_needs_at_least_two_rows() -> None:
    ((pointer, detail),) = rejected(SIX, [DENSE, NORM], batch_size=1)
    assert pointer == "/training/batch_size"
    assert "/model/layers/1" in detail
    assert rejected(SIX, [{"type": "residual", "layers": [DENSE, NORM]}], batch_size=1)
    assert planned(SIX, [DENSE, NORM], batch_size=2)
    assert planned(SIX, [DENSE, NORM], batch_size=1, frozen=[1])
    assert planned(SIX, [IMAGE, NORM], batch_size=1)


def test_frozen_layers_without_a_base_give_a_warning() -> None:
    warnings = planned(SIX, [DENSE], frozen=[0]).warnings
    assert [warning.code for warning in warnings] == ["frozen_at_random"]
    base = base_model([{"column": f"c{n}"} for n in range(6)], [DENSE])
    warnings = plan(SIX, plan_request("y", training={"frozen": [0]}, initialization=base)).warnings
    assert "frozen_at_random" not in {warning.code for warning in warnings}


def test_problems_of_shapes_and_training_are_reported_together() -> None:
    found = rejected(SIX, [{"type": "lstm", "units": 4}], loss="huber", class_weight=[1, 2, 3])
    assert [pointer for pointer, _ in found] == ["/model/layers/0", "/training/loss", "/training/class_weight"]


def test_only_layers_with_parameters_can_be_frozen() -> None:
    layers = [IMAGE, {"type": "conv2d", "channels": 2, "kernel": 2}, {"type": "batch_norm"}, {"type": "flatten"}]
    found = planned(SIX, layers, frozen=[1, 2])
    assert found.training.frozen == (1, 2)
    assert [warning.code for warning in found.warnings] == ["frozen_at_random"]
    assert [pointer for pointer, _ in rejected(SIX, layers, frozen=[0, 1, 4])] == [
        "/training/frozen/0",
        "/training/frozen/2",
    ]


def test_settings_without_effect_give_a_warning() -> None:
    optimizer, schedule = {"type": "lbfgs"}, {"type": "cosine", "warmup_steps": 5}
    found = planned(SIX, [], epochs=5, optimizer=optimizer, schedule=schedule)
    assert [warning.code for warning in found.warnings] == ["warmup_beyond_training"]
    found = planned(SIX, [], epochs=5, batch_size=20, accumulate=5)
    assert [warning.code for warning in found.warnings] == ["accumulate_beyond_epoch"]
    assert not planned(SIX, [], epochs=5, batch_size=20, accumulate=4).warnings
