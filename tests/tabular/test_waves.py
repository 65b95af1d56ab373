"""Networks learn waves of numbers, wherever preprocessing puts the numbers among the inputs."""

from typing import Any

import numpy as np
import pytest

from engine.cost import estimate_cost
from engine.spec import PeriodicEmbeddingSpec
from tabular.errors import InvalidPlan
from tabular.planning.network import build_without_memory
from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, plan_job, train_job

DENSE = [{"type": "dense", "units": 16, "activation": "silu"}]


def waves(column: str, **options: Any) -> dict[str, Any]:
    return {"column": column, "encoding": "numeric_embedding", "size": 3, **options}


def table(rows: int) -> dict[str, Any]:
    """Return a target that is a wave of x, and other columns, one with few values and one with missing ones."""
    rng = np.random.default_rng(0)
    x, shop = rng.uniform(-1, 1, rows).round(4), rng.integers(0, 3, rows)
    z = np.where(rng.random(rows) < 0.1, "", rng.integers(0, 4, rows).astype(str))
    return {"kind": np.array(["a", "b", "c"])[shop], "z": z, "x": x, "shop": shop, "y": np.sin(5 * x) + 0.1 * shop}


def test_waves_are_made_of_their_columns_behind_embeddings_and_before_other_inputs(read: Reader) -> None:
    data = read(csv(table(600)))
    features = [{"column": "kind"}, waves("z"), waves("x"), {"column": "shop", "encoding": "embedding", "size": 2}]
    model = train_job(data, "y", features=features, model=DENSE, training={"epochs": 2})
    (layer,) = [layer for layer in model.network.specs if isinstance(layer, PeriodicEmbeddingSpec)]
    names = model.arrays.preprocessor.input_names()
    assert names[:2] == ["shop by number", "z"]
    assert [names[column - 1] for column in layer.columns] == ["z", "x"]  # the embedding makes two numbers of one
    assert (layer.frequencies, layer.size) == (16, 3)
    assert model.stored.bags[0].networks[0].specs == model.network.specs
    estimated = estimate_cost(build_without_memory(model.plan), model.plan.training)
    assert estimated.layers[1].parameters == 2 * 16 * (3 + 2)


def test_waves_learn_a_function_that_oscillates(read: Reader) -> None:
    data, scores = read(csv(table(1_500))), []
    training = {"epochs": 12, "optimizer": {"type": "adam", "learning_rate": 0.02}, "schedule": {"type": "cosine"}}
    for options in ({"size": None}, {"frequencies": 32}):
        feature = waves("x", bins=0, **options)
        model = train_job(data, "y", features=[feature, {"column": "shop"}], model=DENSE, training=training)
        scores.append(model.evaluation["r2"])
    assert 1 - scores[1] < 0.2 * (1 - scores[0])


@pytest.mark.parametrize(
    ("features", "pointers"),
    [
        ([waves("x"), waves("z", size=4)], ["/features/1/size"]),
        ([waves("x"), waves("z", frequencies=8)], ["/features/1/frequencies"]),
        ([{"column": "x", "frequencies": 8}], ["/features/0/frequencies"]),
        ([{"column": "x", "encoding": "robust", "size": 3}], ["/features/0/size"]),
        ([waves("x", size=65)], ["/features/0/size"]),
    ],
    ids=["sizes differ", "frequencies differ", "no size", "not an embedding", "too large"],
)
def test_options_that_do_not_fit_are_rejected(
    read: Reader, features: list[dict[str, Any]], pointers: list[str]
) -> None:
    with pytest.raises(InvalidPlan) as raised:
        plan_job(read(csv(table(100))), "y", features=features)
    assert [problem.pointer for problem in raised.value.problems] == pointers


def test_layers_that_use_inputs_by_position_get_no_waves(read: Reader) -> None:
    layers = [{"type": "reshape", "shape": [1, 1, -1]}, {"type": "flatten"}]
    with pytest.raises(InvalidPlan) as raised:
        plan_job(read(csv(table(100))), "y", features=[waves("x")], model=layers)
    assert "/features/0/size" in [problem.pointer for problem in raised.value.problems]
