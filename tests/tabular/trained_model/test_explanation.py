"""Contributions of columns add up to the answer minus the baseline answer, for every kind of model."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.network import Network
from tabular.errors import InvalidRows
from tabular.preprocessing.target import TargetEncoder
from tabular.trained_model.average_inputs import AverageInputs
from tabular.trained_model.calibration import Calibration
from tabular.trained_model.detailed_predictions import Details, predict_in_detail
from tabular.trained_model.trained_model import TrainedModel
from tests.support.reading import Reader
from tests.support.tabular_jobs import Model, csv, stored_and_read, train_job

EXPLAIN = Details(explain=True)
QUICK = {"epochs": 3, "seed": 1}
MIXED = [
    {"column": "size"},
    {"column": "shop", "encoding": "embedding"},
    {"column": "color", "encoding": "one_hot"},
    {"column": "age", "encoding": "numeric_embedding"},
]


def table(rows: int = 400) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    shop, color = rng.integers(0, 6, rows), rng.choice(["red", "green", "blue"], rows)
    size, age = rng.standard_normal(rows).round(3), rng.integers(18, 80, rows)
    price = 1_000 + 50 * size + 20 * (shop - 3) + 10 * (color == "red")
    kind = np.where(size + (color == "red") > 0.5, "big", np.where(age > 50, "old", "small"))
    return {
        "size": size, "shop": np.char.add("s", shop.astype(str)), "color": color, "age": age,
        "price": price.round(2), "kind": kind, "is_red": np.where(color == "red", "yes", "no"),
    }  # fmt: skip


def explained(model: Model, **changes: Any) -> TrainedModel:
    average = AverageInputs.of(model.arrays.x, model.network)
    return stored_and_read(replace(model.stored, averages=(average,), **changes))


def rows(columns: dict[str, Any], names: list[str], count: int = 40) -> list[dict[str, Any]]:
    return [{name: np.asarray(columns[name])[row].item() for name in names} for row in range(count)]


def assert_adds_up(answer: dict[str, Any], scale: float) -> None:
    value = answer["value"] if "value" in answer else answer["probabilities"][answer["label"]]
    difference = sum(answer["contributions"].values()) - (value - answer["baseline"])
    assert abs(difference) < 1e-5 * scale


@pytest.mark.parametrize("target", ["price", "kind", "is_red", ["price", "kind", "is_red"]])
def test_contributions_add_up(read: Reader, target: Any) -> None:
    columns = table()
    model = train_job(read(csv(columns)), target, features=MIXED, training=QUICK)
    names = [feature["column"] for feature in MIXED]
    temperatures = tuple(1.0 if column.task == "regression" else 1.5 for column in model.stored.target.columns)
    stored = explained(model, calibration=Calibration(temperatures=temperatures))
    answers = json.loads(json.dumps(predict_in_detail(stored, rows(columns, names), EXPLAIN), allow_nan=False))
    for answer, plain in zip(answers, stored.predict(rows(columns, names)), strict=True):
        found = answer["targets"] if isinstance(target, list) else {target: answer}
        expected = plain["targets"] if isinstance(target, list) else {target: plain}
        for column, one in found.items():
            assert list(one["contributions"]) == names
            assert_adds_up(one, 1_000 if column == "price" else 1)
            assert {name: value for name, value in one.items() if name in expected[column]} == expected[column]


def test_the_baseline_is_the_answer_to_average_inputs(read: Reader) -> None:
    columns = table()
    model = train_job(
        read(csv(columns)), "price", features=[{"column": "size"}, {"column": "color"}], model=[], training=QUICK
    )
    answer = predict_in_detail(explained(model), [{"size": 1, "color": "red"}], EXPLAIN)[0]
    average = model.arrays.x.mean(axis=0, keepdims=True)
    assert answer["baseline"] == pytest.approx(model.stored.outputs_of_inputs([average])[0, 0], rel=1e-6)


def test_bags_and_networks_contribute_by_their_weights(read: Reader) -> None:
    columns = table()
    data = read(csv(columns))
    first = train_job(data, "kind", features=MIXED[:2], training=QUICK)
    second = train_job(data, "kind", features=MIXED[1:], training=QUICK)
    bags = (
        replace(first.stored.bags[0], networks=(first.network, perturbed(first.network)), weight=0.25),
        replace(second.stored.bags[0], weight=0.75),
    )
    averages = tuple(AverageInputs.of(model.arrays.x, model.network) for model in (first, second))
    blended = stored_and_read(replace(first.stored, bags=bags, averages=averages))
    names = [feature["column"] for feature in MIXED]
    for answer in predict_in_detail(blended, rows(columns, names), EXPLAIN):
        assert set(answer["contributions"]) == set(names)
        assert_adds_up(answer, 1)


def perturbed(network: Network) -> Network:
    other = Network(
        network.specs, inputs=network.inputs, outputs=network.output_shape, loss=network.loss.spec, precision="float32"
    )
    state = network.torch_state()
    rng = np.random.default_rng(0)
    other.load_torch_state({name: each + 0.1 * rng.standard_normal(each.shape) for name, each in state.items()})
    return other


def test_the_column_that_decides_contributes_most(read: Reader) -> None:
    columns = table(2_000)
    features = [{"column": "size"}, {"column": "age"}]
    training = {"epochs": 20, "seed": 1}
    model = train_job(
        read(csv(columns)), "price", features=features, model=[{"type": "dense", "units": 8}], training=training
    )
    for answer in predict_in_detail(explained(model), [{"size": 2, "age": 50}, {"size": -2, "age": 20}], EXPLAIN):
        contributions = answer["contributions"]
        assert abs(contributions["size"]) > 5 * abs(contributions["age"])


def test_models_without_the_average_or_with_too_many_rows_refuse(read: Reader) -> None:
    columns = table(100)
    model = train_job(read(csv(columns)), "price", features=[{"column": "size"}], training={"epochs": 1})
    with pytest.raises(InvalidRows, match="/explain: This model was trained by a version without explanations"):
        predict_in_detail(model.stored, [{"size": 1}], EXPLAIN)
    with pytest.raises(InvalidRows, match="At most 1,000 rows"):
        predict_in_detail(explained(model), [{"size": 1}] * 1_001, EXPLAIN)
    with pytest.raises(InvalidRows, match="/interval: This model has no intervals"):
        predict_in_detail(model.stored, [{"size": 1}], Details(interval=0.9))


def test_intervals_of_times_until_an_event_are_refused_with_a_fix_that_works(read: Reader) -> None:
    model = train_job(read(csv(table(100))), "price", features=[{"column": "size"}], training={"epochs": 1}).stored
    times = replace(model, target=TargetEncoder.of(replace(model.target.columns[0], loss="cox")))
    with pytest.raises(InvalidRows, match="it predicts the time until an event"):
        predict_in_detail(times, [{"size": 1}], Details(interval=0.9))
