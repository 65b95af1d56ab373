"""Targets become training arrays, and outputs become predictions in the units of the target."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.losses import build as losses
from engine.memory import Arena
from engine.spec import TrainingSpec
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.column_target import ColumnTarget
from tabular.preprocessing.target import TargetEncoder
from tabular.preprocessing.training_arrays import make_training_arrays, rows_with_target
from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, train_job

Encode = Callable[..., tuple[TargetEncoder, np.ndarray]]


@pytest.fixture
def encoded(read: Reader) -> Encode:
    def encode(text: str, **parts: Any) -> tuple[TargetEncoder, np.ndarray]:
        data = read(text)
        planned = plan(data.profile, PlanRequest(target="y", task=parts.get("task")))
        rows = rows_with_target(data.table, planned)
        target = TargetEncoder.fit(data.table, planned, rows)
        return target, target.transform(data.table, rows)

    return encode


def test_two_classes_become_zero_and_one(encoded: Encode) -> None:
    target, y = encoded("x,y\n1,>50K\n2,<=50K\n3,\n4,>50K\n")
    assert (target.classes, y.tolist(), y.dtype) == (("<=50K", ">50K"), [1, 0, 1], np.float32)


def test_more_classes_become_whole_numbers_in_order(encoded: Encode) -> None:
    target, y = encoded("x,y\n1,10\n2,9\n3,2\n4,10\n", task="classification")
    assert (target.classes, y.tolist(), y.dtype) == (("2", "9", "10"), [2, 1, 0, 2], np.int64)


def test_number_labels_are_written_as_in_the_file(encoded: Encode) -> None:
    assert encoded("x,y\n1,1.0\n2,2.0\n3,1.0\n", task="classification")[0].classes == ("1.0", "2.0")


def test_numbers_are_standardized(encoded: Encode) -> None:
    target, y = encoded("x,y\n1,10.5\n2,20\n3,60\n")
    assert y.shape == (3, 1)
    assert (y.mean(), y.std()) == pytest.approx((0, 1), abs=1e-6)
    assert target.loss_scale == pytest.approx(target.error_scale**2)


def test_folded_weights_predict_in_the_units_of_the_target(encoded: Encode) -> None:
    target, _ = encoded("x,y\n1,10.5\n2,20\n3,60\n")
    rng = np.random.default_rng(0)
    state = {"0.weight": rng.normal(size=(4, 2)), "0.bias": rng.normal(size=4)}
    state |= {"10.weight": rng.normal(size=(1, 4)), "10.bias": rng.normal(size=1)}
    hidden = rng.normal(size=(5, 4))

    def answer(weights: dict[str, Any]) -> np.ndarray:
        return hidden @ weights["10.weight"].T + weights["10.bias"]

    folded = target.fold_into(state)
    np.testing.assert_allclose(answer(folded), target.columns[0].in_units(answer(state)))
    np.testing.assert_allclose(target.unfold(folded)["10.weight"], state["10.weight"])
    np.testing.assert_allclose(target.unfold(folded)["10.bias"], state["10.bias"])
    assert folded["0.weight"] is state["0.weight"]


def test_folding_does_not_change_classifiers() -> None:
    state = {"0.weight": np.ones((1, 1)), "0.bias": np.ones(1)}
    assert (
        TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("a", "b"))).fold_into(state) == state
    )


def test_one_output_is_the_probability_of_the_second_class() -> None:
    target = TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("no", "yes")))
    assert target.decode(np.array([[0.25], [0.75]])) == [
        {"label": "no", "probabilities": {"no": 0.75, "yes": 0.25}},
        {"label": "yes", "probabilities": {"no": 0.25, "yes": 0.75}},
    ]


def test_several_outputs_are_the_probabilities_of_the_classes() -> None:
    target = TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("a", "b", "c")))
    (answer,) = target.decode(np.array([[0.25, 0.5, 0.25]]))
    assert answer == {"label": "b", "probabilities": {"a": 0.25, "b": 0.5, "c": 0.25}}


def test_numbers_are_predicted_as_values() -> None:
    assert TargetEncoder.of(ColumnTarget(column="y", task="regression")).decode(np.array([[1.5]])) == [{"value": 1.5}]


@pytest.mark.parametrize(
    "target",
    [
        TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("a", "b"))),
        TargetEncoder.of(ColumnTarget(column="y", task="regression", mean=3.0, stddev=0.5)),
    ],
)
def test_a_target_survives_json(target: TargetEncoder) -> None:
    assert TargetEncoder.from_json(json.loads(json.dumps(target.to_json()))) == target


def test_training_and_validation_rows_have_a_target_and_do_not_overlap(read: Reader) -> None:
    text = "x,z,y\n" + "".join(f"{n / 4},{'ab'[n % 2]},{'' if n % 10 == 0 else 'pq'[n % 3 == 0]}\n" for n in range(200))
    data = read(text)
    prepared = make_training_arrays(
        data.table, plan(data.profile, PlanRequest(target="y", training=TrainingSpec(seed=3)))
    )
    used = np.concatenate([prepared.training_rows, prepared.validation_rows])
    assert sorted(used.tolist()) == [n for n in range(200) if n % 10]
    assert prepared.x.shape == (len(prepared.training_rows), prepared.preprocessor.width)
    assert prepared.validation_x.shape[0] == prepared.validation_y.shape[0] == len(prepared.validation_rows) == 36
    assert np.median(prepared.x[:, 0]) == pytest.approx(0, abs=1e-6)


NUMBERS = "x,y\n" + "".join(f"{n},{3 * n + 0.5}\n" for n in range(30))


@pytest.mark.parametrize(
    "loss",
    [
        "mean_squared_error",
        "mean_absolute_error",
        "poisson",
        "gamma",
        {"type": "tweedie", "power": 1.2},
        {"type": "quantile", "quantiles": [0.2, 0.9]},
    ],
)
def test_a_loss_times_its_scale_is_in_the_units_of_the_target(read: Reader, loss: Any) -> None:
    data = read(NUMBERS)
    training = TrainingSpec.model_validate({"loss": loss})
    planned = plan(data.profile, PlanRequest(target="y", training=training))
    arrays = make_training_arrays(data.table, planned)
    target, rng = arrays.target, np.random.default_rng(0)
    outputs = rng.normal(size=(len(arrays.y), planned.outputs)).astype(np.float32)
    column = target.columns[0]
    predicted = outputs + np.log(column.stddev) if column.is_logarithm else column.in_units(outputs)
    units = predicted, column.in_units(arrays.y)
    standardized = measured(planned.loss, outputs, arrays.y)
    assert standardized * target.loss_scale == pytest.approx(measured(planned.loss, *units), rel=1e-5)


def measured(loss: Any, outputs: np.ndarray, y: np.ndarray) -> float:
    found = losses.build(loss, outputs.shape[1:])
    found.allocate(Arena(), len(y), np.dtype(np.float64), training=True)
    found.resize(len(y))
    return found(outputs.astype(np.float64), found.as_targets(y, np.dtype(np.float64)), np.full(len(y), 1 / len(y)))


def test_counts_are_divided_by_their_mean_and_folded_as_logarithms(read: Reader) -> None:
    data = read("x,y\n" + "".join(f"{n},{n % 7 * 1_000_000}\n" for n in range(40)))
    planned = plan(data.profile, PlanRequest(target="y", training=TrainingSpec(loss="poisson")))
    arrays = make_training_arrays(data.table, planned)
    assert arrays.y.mean() == pytest.approx(1)
    scale = arrays.target.columns[0].stddev
    assert (arrays.target.loss_scale, arrays.target.error_scale) == (scale, scale)
    state = {"0.weight": np.ones((1, 1)), "0.bias": np.zeros(1)}
    folded = arrays.target.fold_into(state)
    assert (folded["0.weight"].item(), folded["0.bias"].item()) == (1, pytest.approx(np.log(scale)))
    assert arrays.target.unfold(folded)["0.bias"].item() == pytest.approx(0)


def test_clamped_predictions_stay_within_the_targets_of_the_training_rows(read: Reader) -> None:
    data = read("x,y\n" + "".join(f"{n},{n * 2.5}\n" for n in range(40)))
    planned = plan(data.profile, PlanRequest(target="y", training=TrainingSpec(clamp_predictions=True)))
    arrays = make_training_arrays(data.table, planned)
    learned = data.table.columns["y"].values[arrays.training_rows]
    target = TargetEncoder.from_json(json.loads(json.dumps(arrays.target.to_json())))
    assert target.finish(np.array([[-9.0], [9.0]])).reshape(-1).tolist() == [learned.min(), learned.max()]


def test_rows_without_one_of_several_targets_are_left_out(read: Reader) -> None:
    data = read("x,y,z\n" + "".join(f"{n},{'' if n == 3 else n / 2},{'' if n == 5 else n * n}\n" for n in range(30)))
    arrays = make_training_arrays(data.table, plan(data.profile, PlanRequest(target=("y", "z"))))
    used = sorted([*arrays.training_rows.tolist(), *arrays.validation_rows.tolist()])
    assert used == [n for n in range(30) if n not in {3, 5}]
    assert arrays.y.shape == (len(arrays.training_rows), 2)
    np.testing.assert_allclose([arrays.y.mean(axis=0), arrays.y.std(axis=0)], [[0, 0], [1, 1]], atol=1e-6)


def test_each_of_several_numbers_is_folded_into_its_own_units() -> None:
    columns = (
        ColumnTarget(column="a", task="regression", mean=10.0, stddev=2.0, loss="quantile", quantiles=(0.1, 0.9)),
        ColumnTarget(column="b", task="classification", classes=("p", "q", "r")),
    )
    target = TargetEncoder(columns=columns, outputs=5)
    state = {"0.weight": np.ones((5, 1)), "0.bias": np.ones(5)}
    folded = target.fold_into(state)
    assert folded["0.weight"][:, 0].tolist() == [2, 2, 1, 1, 1]
    assert folded["0.bias"].tolist() == [12, 12, 1, 1, 1]
    np.testing.assert_allclose(target.unfold(folded)["0.bias"], state["0.bias"])


def test_several_predictions_have_the_names_of_their_columns() -> None:
    columns = (
        ColumnTarget(column="a", task="regression", loss="quantile", quantiles=(0.1, 0.5)),
        ColumnTarget(column="b", task="classification", classes=("no", "yes")),
    )
    target = TargetEncoder(columns=columns, outputs=3)
    assert target.decode(target.finish(np.array([[2.0, 1.0, 0.75]]))) == [
        {
            "targets": {
                "a": {"value": 2.0, "quantiles": {"0.1": 1.0, "0.5": 2.0}},
                "b": {"label": "yes", "probabilities": {"no": 0.25, "yes": 0.75}},
            }
        }
    ]


def test_several_targets_survive_json() -> None:
    columns = tuple(ColumnTarget(column=name, task="classification", classes=("p", "q", "r")) for name in "ab")
    for outputs in (6, (2, 3)):
        target = TargetEncoder(columns=columns, outputs=outputs)
        assert TargetEncoder.from_json(json.loads(json.dumps(target.to_json()))) == target


def test_a_stored_single_target_loads() -> None:
    stored = {"column": "y", "task": "regression", "mean": 3.0, "stddev": 0.5}
    target = TargetEncoder.from_json(stored)
    assert (target.outputs, target.loss_scale, target.error_scale) == (1, 0.25, 0.5)


@pytest.mark.parametrize("loss", ["sigmoid_cross_entropy", "softmax_cross_entropy"])
def test_two_classes_train_with_either_cross_entropy(read: Reader, loss: str) -> None:
    x = np.linspace(-1, 1, 200)
    data = read(csv({"x": x, "y": np.where(x > 0.1, "yes", "no")}))
    model = train_job(data, "y", training={"loss": loss, "epochs": 30, "seed": 1})
    assert model.evaluation["accuracy"] > 0.9
    (low, high) = model.predict([{"x": -0.8}, {"x": 0.9}])
    assert (low["label"], high["label"]) == ("no", "yes")
    assert sum(high["probabilities"].values()) == pytest.approx(1)


def test_targets_stored_by_earlier_versions_load() -> None:
    classes = TargetEncoder.from_json({"column": "y", "task": "classification", "classes": ["no", "yes"]})
    assert (classes.outputs, classes.columns[0].outputs) == (1, 1)
    stored = {"column": "y", "task": "regression", "mean": 2.0, "stddev": 3.0, "loss": "huber"}
    number = TargetEncoder.from_json(stored)
    assert (number.loss_scale, number.to_json()) == (9.0, stored)
