"""Embedded features are planned as one layer in front of the requested layers."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from engine.spec import ColumnEmbeddingSpec, EmbeddedColumnSpec, ModelSpec
from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.serialization import from_spec, to_spec
from tabular.profile import Column, Profile
from tabular.spec import FeatureSpec
from tests.support.plan_requests import base_model, plan_request

ZIP = Column(name="zip", type="category", missing=0, distinct=500, singletons=20)
TABLE = Profile(
    rows=1_000,
    columns=(
        Column(name="age", type="number", missing=0, distinct=80, integer=True, min=0, max=90),
        ZIP,
        Column(name="job", type="text", missing=3, distinct=30, singletons=0),
        Column(name="floor", type="number", missing=0, distinct=4, integer=False, min=-0.5, max=2, singletons=0),
        Column(name="new", type="boolean", missing=0, distinct=2, singletons=0),
        Column(name="day", type="datetime", missing=0, distinct=300),
        Column(name="price", type="number", missing=0, distinct=900, integer=False),
    ),
)
DENSE = [{"type": "dense", "units": 4}]


def embedded(column: str, size: int | None = None) -> dict[str, Any]:
    return {"column": column, "encoding": "embedding"} | ({"size": size} if size else {})


def planned(
    features: list[dict[str, Any]], layers: list[Any] | None = None, profile: Profile = TABLE, **training: Any
) -> Plan:
    return plan(profile, plan_request("price", features=features, layers=layers, training=training))


def rejected(*arguments: Any, **training: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(*arguments, **training)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def test_embedded_features_add_a_layer_before_the_requested_ones() -> None:
    found = planned([{"column": "age"}, embedded("zip", 8), embedded("job", 3)], DENSE)
    assert found.layers == (
        ColumnEmbeddingSpec(
            columns=(
                EmbeddedColumnSpec(column=0, categories=481, size=8),
                EmbeddedColumnSpec(column=1, categories=32, size=3),
            )
        ),
        *ModelSpec.model_validate({"layers": DENSE}).layers,
    )
    assert found.inputs_at_most == 3
    assert from_spec(json.loads(json.dumps(to_spec(found)))).layers == found.layers


def test_the_spec_shows_the_encoding_and_size_of_each_feature() -> None:
    features = to_spec(planned([{"column": "age"}, embedded("zip"), embedded("job", 3)]))["features"]
    assert [(feature["encoding"], feature["size"]) for feature in features] == [
        ("numeric_embedding", None),
        ("embedding", 50),
        ("embedding", 3),
    ]


@pytest.mark.parametrize(("column", "embeddings", "size"), [("zip", 481, 50), ("job", 32, 11), ("floor", 5, 4)])
def test_the_default_size_follows_from_the_number_of_embeddings(column: str, embeddings: int, size: int) -> None:
    (feature,) = planned([embedded(column)]).features
    assert (feature.vectors, feature.size) == (embeddings, size)


@pytest.mark.parametrize("column", ["zip", "job", "floor", "new", "age"])
def test_every_column_with_values_that_repeat_can_be_embedded(column: str) -> None:
    assert planned([embedded(column)]).features[0].encoding == "embedding"


def test_features_that_cannot_be_embedded_are_reported_together() -> None:
    features = [
        embedded("day"),
        {"column": "zip", "encoding": "one_hot", "size": 8},
        {"column": "age", "encoding": "robust", "size": 8},
        embedded("job"),
    ]
    found = rejected(features)
    assert [pointer for pointer, _ in found] == ["/features/0/encoding", "/features/1/size", "/features/2/size"]
    assert 'request "encoding": "embedding"' in found[1][1]


@pytest.mark.parametrize("size", [0, 4_097, 2.5, "8"])
def test_sizes_out_of_range_are_rejected(size: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        FeatureSpec.model_validate({"column": "zip", "encoding": "embedding", "size": size})
    assert [problem["loc"] for problem in caught.value.errors()] == [("size",)]


def test_reshape_sees_the_numbers_of_all_embeddings() -> None:
    layers = [{"type": "reshape", "shape": [3, 4]}, {"type": "lstm", "units": 2}]
    assert len(planned([embedded("zip", 4), embedded("job", 4), embedded("new", 4)], layers).layers) == 3
    ((pointer, detail),) = rejected([embedded("zip", 4), embedded("job", 5), embedded("new", 4)], layers)
    assert pointer == "/model/layers/0"
    assert "The features make 13 inputs" in detail


def test_embedded_features_must_come_first_if_layers_use_positions() -> None:
    features = [{"column": "age"}, embedded("zip", 4), {"column": "floor"}, embedded("job", 4)]
    found = rejected(features, [{"type": "reshape", "shape": [10, 1]}])
    assert [pointer for pointer, _ in found] == ["/features/1", "/features/3"]
    assert "List 'zip' before 'age'" in found[0][1]
    assert planned(features, DENSE).inputs_at_most == 4


def test_an_embedding_layer_rejects_embedded_features() -> None:
    ((pointer, detail), *_) = rejected([embedded("age")], [{"type": "embedding", "vocabulary": 91, "units": 2}])
    assert pointer == "/features/0"
    assert '"encoding": "none"' in detail


def test_a_requested_column_embedding_is_rejected() -> None:
    layer = {"type": "column_embedding", "columns": [{"column": 0, "categories": 91, "size": 2}]}
    inside = {"type": "residual", "layers": [{"type": "dense", "units": 1}], "projection": [layer]}
    found = rejected([{"column": "age", "encoding": "none"}], [layer, inside])
    assert [pointer for pointer, _ in found][:2] == ["/model/layers/0", "/model/layers/1/projection/0"]
    assert '"encoding": "embedding"' in found[0][1]


def test_the_added_layer_counts_toward_the_limit_of_layers() -> None:
    assert len(planned([embedded("zip")], DENSE * 63).layers) == 64
    assert [pointer for pointer, _ in rejected([embedded("zip")], DENSE * 64)] == ["/model/layers"]
    assert len(planned([{"column": "zip"}], DENSE * 64).layers) == 64


def test_too_many_embedded_features_are_rejected() -> None:
    columns = tuple(Column(name=f"c{n}", type="category", missing=0, distinct=9, singletons=0) for n in range(257))
    profile = Profile(rows=1_000, columns=(*columns, TABLE.columns[-1]))
    features = [embedded(column.name, 2) for column in columns]
    assert len(planned(features[:256], profile=profile).features) == 256
    ((pointer, detail),) = rejected(features, None, profile)
    assert pointer == "/features"
    assert "257" in detail
    assert "256" in detail


def test_frozen_layers_are_numbered_as_in_the_request() -> None:
    layers = [{"type": "dropout", "rate": 0.1}, *DENSE, *DENSE]
    assert planned([embedded("zip")], layers, frozen=[1]).training.frozen == (2,)
    assert planned([{"column": "zip"}], layers, frozen=[1]).training.frozen == (1,)
    assert [pointer for pointer, _ in rejected([embedded("zip")], layers, frozen=[0])] == ["/training/frozen/0"]


def test_learning_rate_factors_are_numbered_as_in_the_request() -> None:
    layers = [{"type": "scale"}, {"type": "dense", "units": 3}]
    for feature, expected in ((embedded("zip"), (1.0, 6.0)), ({"column": "zip"}, (6.0,))):
        factors = planned([feature], layers, learning_rate_factors={"layers": [6]}).training.learning_rate_factors
        assert factors is not None
        assert factors.layers == expected
    problems = rejected([embedded("zip")], layers, learning_rate_factors={"layers": [6, 1, 1]})
    assert [pointer for pointer, _ in problems] == ["/training/learning_rate_factors/layers"]


def test_values_that_share_an_encoding_give_a_warning() -> None:
    many = Column(name="id", type="category", missing=0, distinct=10_050, singletons=20)
    profile = Profile(rows=30_000, columns=(ZIP, many, TABLE.columns[-1]))
    found = planned([{"column": "zip"}, embedded("id", 2)], profile=profile)
    assert [(warning.code, warning.column) for warning in found.warnings] == [
        ("rare_values_joined", "zip"),
        ("rare_values_joined", "id"),
    ]
    assert '"encoding": "embedding"' in str(found.warnings[0].fix)
    assert found.features[1].vectors == 10_001
    assert not planned([embedded("zip")]).warnings


def test_embeddings_of_a_base_model_keep_their_number() -> None:
    embedding = {"type": "column_embedding", "columns": [{"column": 0, "categories": 77, "size": 4}]}
    base = base_model([embedded("zip", 4), {"column": "age"}], [embedding, *DENSE], embedding_rows={"zip": 77})
    found = plan(TABLE, plan_request("price", initialization=base))
    assert found.features[0].vectors == 77
    assert found.layers[0] == ColumnEmbeddingSpec(columns=(EmbeddedColumnSpec(column=0, categories=77, size=4),))
