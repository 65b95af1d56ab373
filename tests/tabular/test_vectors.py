"""Features with the encoding embedding: what is planned for them, what is refused, and that it learns."""

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engine.cost import estimate_cost
from engine.spec import ColumnEmbeddingSpec, EmbeddedColumnSpec, ModelSpec
from tabular.errors import InvalidPlan
from tabular.planning.network import build_without_memory
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.serialization import from_spec, to_spec
from tabular.preprocessing.categorical import EmbeddingEncoder
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.profile import Column, Profile
from tabular.spec import FeatureSpec
from tests.support.plan_requests import base_model, plan_request
from tests.support.reading import Reader
from tests.support.tabular_jobs import asked, csv, trained
from tests.tabular.test_preprocess import labels, numbers, written

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


def refused(*arguments: Any, **training: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(*arguments, **training)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def test_a_layer_of_vectors_stands_in_front_of_the_layers_asked_for() -> None:
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


def test_the_resolved_spec_shows_encoding_and_size_of_each_feature() -> None:
    features = to_spec(planned([{"column": "age"}, embedded("zip"), embedded("job", 3)]))["features"]
    assert [(feature["encoding"], feature["size"]) for feature in features] == [
        ("standardize", None),
        ("embedding", 50),
        ("embedding", 3),
    ]


@pytest.mark.parametrize(("column", "vectors", "size"), [("zip", 481, 50), ("job", 32, 11), ("floor", 5, 4)])
def test_the_size_follows_from_the_number_of_vectors_unless_it_is_chosen(column: str, vectors: int, size: int) -> None:
    (feature,) = planned([embedded(column)]).features
    assert (feature.vectors, feature.size) == (vectors, size)


@pytest.mark.parametrize("column", ["zip", "job", "floor", "new", "age"])
def test_every_column_with_values_that_repeat_can_be_embedded(column: str) -> None:
    assert planned([embedded(column)]).features[0].encoding == "embedding"


def test_what_fits_no_embedding_is_told_at_once_with_pointers() -> None:
    features = [
        embedded("day"),
        {"column": "zip", "encoding": "one_hot", "size": 8},
        {"column": "age", "size": 8},
        embedded("job"),
    ]
    found = refused(features)
    assert [pointer for pointer, _ in found] == ["/features/0/encoding", "/features/1/size", "/features/2/size"]
    assert 'request "encoding": "embedding"' in found[1][1]


@pytest.mark.parametrize("size", [0, 513, 2.5, "8"])
def test_sizes_out_of_bounds_are_refused_where_they_stand(size: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        FeatureSpec.model_validate({"column": "zip", "encoding": "embedding", "size": size})
    assert [problem["loc"] for problem in caught.value.errors()] == [("size",)]


def test_layers_that_reshape_read_the_vectors_as_they_lie() -> None:
    layers = [{"type": "reshape", "shape": [3, 4]}, {"type": "lstm", "units": 2}]
    assert len(planned([embedded("zip", 4), embedded("job", 4), embedded("new", 4)], layers).layers) == 3
    ((pointer, detail),) = refused([embedded("zip", 4), embedded("job", 5), embedded("new", 4)], layers)
    assert pointer == "/model/layers/0"
    assert "The features make 13 inputs" in detail


def test_vectors_behind_other_inputs_are_refused_where_layers_read_places() -> None:
    features = [{"column": "age"}, embedded("zip", 4), {"column": "floor"}, embedded("job", 4)]
    found = refused(features, [{"type": "reshape", "shape": [10, 1]}])
    assert [pointer for pointer, _ in found] == ["/features/1", "/features/3"]
    assert "List 'zip' before 'age'" in found[0][1]
    assert planned(features, DENSE).inputs_at_most == 4


def test_an_embedding_layer_takes_no_embedded_features() -> None:
    ((pointer, detail), *_) = refused([embedded("age")], [{"type": "embedding", "vocabulary": 91, "units": 2}])
    assert pointer == "/features/0"
    assert '"encoding": "none"' in detail


def test_the_layer_of_vectors_is_not_asked_for_by_itself() -> None:
    layer = {"type": "column_embedding", "columns": [{"column": 0, "categories": 91, "size": 2}]}
    inside = {"type": "residual", "layers": [{"type": "dense", "units": 1}], "projection": [layer]}
    found = refused([{"column": "age", "encoding": "none"}], [layer, inside])
    assert [pointer for pointer, _ in found][:2] == ["/model/layers/0", "/model/layers/1/projection/0"]
    assert '"encoding": "embedding"' in found[0][1]


def test_the_layer_of_vectors_counts_as_one_of_all_that_there_may_be() -> None:
    assert len(planned([embedded("zip")], DENSE * 63).layers) == 64
    assert [pointer for pointer, _ in refused([embedded("zip")], DENSE * 64)] == ["/model/layers"]
    assert len(planned([{"column": "zip"}], DENSE * 64).layers) == 64


def test_more_columns_than_may_be_embedded_are_refused() -> None:
    columns = tuple(Column(name=f"c{n}", type="category", missing=0, distinct=9, singletons=0) for n in range(257))
    profile = Profile(rows=1_000, columns=(*columns, TABLE.columns[-1]))
    features = [embedded(column.name, 2) for column in columns]
    assert len(planned(features[:256], profile=profile).features) == 256
    ((pointer, detail),) = refused(features, None, profile)
    assert pointer == "/features"
    assert "257" in detail
    assert "256" in detail


def test_layers_are_frozen_by_the_numbers_of_the_request() -> None:
    layers = [{"type": "dropout", "rate": 0.1}, *DENSE, *DENSE]
    assert planned([embedded("zip")], layers, frozen=[1]).training.frozen == (2,)
    assert planned([{"column": "zip"}], layers, frozen=[1]).training.frozen == (1,)
    assert [pointer for pointer, _ in refused([embedded("zip")], layers, frozen=[0])] == ["/training/frozen/0"]


def test_values_that_cannot_be_told_apart_are_warned_of() -> None:
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


def test_categories_are_numbered_from_one_and_rare_or_unknown_ones_are_zero() -> None:
    encoder = EmbeddingEncoder.fit(labels("b", "b", "a", "a", "rare", None), size=3, vectors=100)
    assert encoder == EmbeddingEncoder(categories=("a", "b"), missing=True, size=3)
    assert written(encoder, labels("a", "b", "rare", "new", None)).ravel().tolist() == [1, 2, 0, 0, 3]


def test_a_missing_value_that_training_never_saw_is_like_an_unknown_one() -> None:
    encoder = EmbeddingEncoder.fit(labels("b", "b"), size=3, vectors=100)
    assert written(encoder, labels("b", None)).ravel().tolist() == [1, 0]


def test_numbers_are_categories_too() -> None:
    encoder = EmbeddingEncoder.fit(numbers(1.0, 1.0, 2.5, 2.5, None), size=3, vectors=100)
    assert written(encoder, numbers(2.5, 1.0, 7.0, None)).ravel().tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize(("vectors", "kept"), [(5, ("b", "c", "d")), (3, ("d",)), (2, ()), (1, ())])
def test_the_most_frequent_are_kept_as_far_as_there_are_vectors(vectors: int, kept: tuple[str, ...]) -> None:
    column = labels(*"aabbbccccddddd", None)
    encoder = EmbeddingEncoder.fit(column, size=3, vectors=vectors)
    assert encoder.categories == kept
    assert written(encoder, column).max() < vectors


def test_numbers_of_vectors_come_first_among_the_inputs(read: Reader) -> None:
    data = read("x,shop,y\n1.5,a,1\n2.5,b,2.5\n3.5,a,3\n4.5,b,4.5\n")
    features = [{"column": "x", "encoding": "none"}, embedded("shop", 2)]
    preprocessor = Preprocessor.fit(data.table, asked(data, "y", features=features, task="regression"))
    assert preprocessor.input_names() == ["shop by number", "x"]
    assert preprocessor.transform(data.table).tolist() == [[1, 1.5], [2, 2.5], [1, 3.5], [2, 4.5]]
    again = Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json())))
    assert again == preprocessor
    assert [column.name for column in again.columns] == ["x", "shop"]


def shops(rows: int) -> dict[str, Any]:
    """Sales of 400 shops: what is special to each, and something that follows from their size."""
    rng = np.random.default_rng(0)
    shop, special, size = rng.integers(0, 400, rows), rng.normal(size=400), rng.normal(size=rows).round(3)
    sales = 50 + 10 * (special[shop] + 0.5 * size + 0.2 * rng.normal(size=rows))
    return {"shop": np.char.add("s", shop.astype(str)), "size": size, "sales": sales.round(3)}


def test_what_is_special_to_each_of_hundreds_of_categories_is_learned_by_vectors_alone(read: Reader) -> None:
    data = read(csv(shops(6_000)))
    one_hot, vectors = (
        trained(data, "sales", features=[{"column": "size"}, {"column": "shop", "encoding": encoding}])
        for encoding in ("one_hot", "embedding")
    )
    assert one_hot.evaluation["r2"] < 0.5
    assert vectors.evaluation["r2"] > 0.95  # 0.97 is what the noise leaves
    known, unknown, missing = vectors.predict([{"size": 0, "shop": "s1"}, {"size": 0, "shop": "new"}, {"size": 0}])
    assert unknown["value"] == missing["value"] == pytest.approx(50, abs=2)
    assert known["value"] != pytest.approx(50, abs=2)


def test_the_estimate_counts_the_vectors_that_are_learned(read: Reader) -> None:
    data = read(csv(shops(500)))
    model = trained(data, "sales", features=[embedded("shop", 8), {"column": "size"}], model=DENSE)
    found = model.plan
    cost = estimate_cost(build_without_memory(found), found.training)
    assert cost.parameters == model.network.parameters.size
    (feature, _) = found.features
    assert feature.vectors is not None
    assert cost.layers[0].parameters == 8 * feature.vectors


def test_the_same_job_learns_the_same_bits(read: Reader) -> None:
    data = read(csv(shops(800)))
    features, training = [embedded("shop"), {"column": "size"}], {"epochs": 3, "seed": 5}
    first, second = (trained(data, "sales", features=features, training=training) for _ in range(2))
    np.testing.assert_array_equal(first.network.parameters.vector, second.network.parameters.vector)


def test_vectors_learned_before_keep_their_number() -> None:
    embedding = {"type": "column_embedding", "columns": [{"column": 0, "categories": 77, "size": 4}]}
    base = base_model([embedded("zip", 4), {"column": "age"}], [embedding, *DENSE], embedding_rows={"zip": 77})
    found = plan(TABLE, plan_request("price", initialization=base))
    assert found.features[0].vectors == 77
    assert found.layers[0] == ColumnEmbeddingSpec(columns=(EmbeddedColumnSpec(column=0, categories=77, size=4),))
