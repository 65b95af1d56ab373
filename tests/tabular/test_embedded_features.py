"""Networks learn embeddings of categories and predict with them."""

import json
from typing import Any

import numpy as np
import pytest

from engine.cost import estimate_cost
from tabular.planning.network import build_without_memory
from tabular.preprocessing.preprocessor import Preprocessor
from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, plan_job, train_job

DENSE = [{"type": "dense", "units": 4}]


def embedded(column: str, size: int | None = None) -> dict[str, Any]:
    return {"column": column, "encoding": "embedding"} | ({"size": size} if size else {})


def test_category_numbers_come_first_among_the_inputs(read: Reader) -> None:
    data = read("x,shop,y\n1.5,a,1\n2.5,b,2.5\n3.5,a,3\n4.5,b,4.5\n")
    features = [{"column": "x", "encoding": "none"}, embedded("shop", 2)]
    preprocessor = Preprocessor.fit(data.table, plan_job(data, "y", features=features, task="regression"))
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


def test_embeddings_learn_hundreds_of_categories_that_one_hot_cannot(read: Reader) -> None:
    data = read(csv(shops(6_000)))
    one_hot, embedding = (
        train_job(data, "sales", features=[{"column": "size"}, {"column": "shop", "encoding": encoding}])
        for encoding in ("one_hot", "embedding")
    )
    assert one_hot.evaluation["r2"] < 0.5
    assert embedding.evaluation["r2"] > 0.95  # 0.97 is what the noise leaves
    known, unknown, missing = embedding.predict([{"size": 0, "shop": "s1"}, {"size": 0, "shop": "new"}, {"size": 0}])
    assert unknown["value"] == pytest.approx(missing["value"], rel=1e-6)
    assert missing["value"] == pytest.approx(50, abs=2)
    assert known["value"] != pytest.approx(50, abs=2)


def test_the_estimate_counts_all_embeddings(read: Reader) -> None:
    data = read(csv(shops(500)))
    model = train_job(data, "sales", features=[embedded("shop", 8), {"column": "size"}], model=DENSE)
    found = model.plan
    cost = estimate_cost(build_without_memory(found), found.training)
    assert cost.parameters == model.network.parameters.size
    (feature, _) = found.features
    assert feature.vectors is not None
    assert cost.layers[0].parameters == 8 * feature.vectors


def test_the_same_job_gives_the_same_bits(read: Reader) -> None:
    data = read(csv(shops(800)))
    features, training = [embedded("shop"), {"column": "size"}], {"epochs": 3, "seed": 5}
    first, second = (train_job(data, "sales", features=features, training=training) for _ in range(2))
    np.testing.assert_array_equal(first.network.parameters.vector, second.network.parameters.vector)
