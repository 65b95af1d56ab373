"""Targets become what a network learns, and its outputs become answers."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.spec import TrainingSpec
from tabular.column_target import ColumnTarget
from tabular.plan import plan
from tabular.prepare import prepare
from tabular.target import TargetEncoder, labelled_rows
from tests.tabular.reading import Reader

Encode = Callable[..., tuple[TargetEncoder, np.ndarray]]


@pytest.fixture
def encoded(read: Reader) -> Encode:
    def encode(text: str, **asked: Any) -> tuple[TargetEncoder, np.ndarray]:
        data = read(text)
        rows = labelled_rows(data.table, "y")
        planned = plan(data.profile, "y", None, asked.get("task"), None, TrainingSpec())
        target = TargetEncoder.fit(data.table, planned, rows)
        return target, target.transform(data.table, rows)

    return encode


def test_two_classes_are_zero_and_one(encoded: Encode) -> None:
    target, y = encoded("x,y\n1,>50K\n2,<=50K\n3,\n4,>50K\n")
    assert (target.classes, y.tolist(), y.dtype) == (("<=50K", ">50K"), [1, 0, 1], np.float32)


def test_more_classes_are_whole_numbers_and_sorted_by_size(encoded: Encode) -> None:
    target, y = encoded("x,y\n1,10\n2,9\n3,2\n4,10\n", task="classification")
    assert (target.classes, y.tolist(), y.dtype) == (("2", "9", "10"), [2, 1, 0, 2], np.int64)


def test_labels_of_numbers_are_those_of_the_file(encoded: Encode) -> None:
    assert encoded("x,y\n1,1.0\n2,2.0\n3,1.0\n", task="classification")[0].classes == ("1.0", "2.0")


def test_numbers_are_standardised(encoded: Encode) -> None:
    target, y = encoded("x,y\n1,10.5\n2,20\n3,60\n")
    assert y.shape == (3, 1)
    assert (y.mean(), y.std()) == pytest.approx((0, 1), abs=1e-6)
    assert target.loss_scale == pytest.approx(target.error_scale**2)


def test_folded_weights_answer_in_the_targets_units(encoded: Encode) -> None:
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


def test_folding_leaves_classes_alone() -> None:
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


def test_numbers_are_answered_as_values() -> None:
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


def test_prepared_rows_have_a_target_and_are_used_once(read: Reader) -> None:
    text = "x,z,y\n" + "".join(f"{n / 4},{'ab'[n % 2]},{'' if n % 10 == 0 else 'pq'[n % 3 == 0]}\n" for n in range(200))
    data = read(text)
    prepared = prepare(data.table, plan(data.profile, "y", None, None, None, TrainingSpec(seed=3)))
    used = np.concatenate([prepared.training_rows, prepared.validation_rows])
    assert sorted(used.tolist()) == [n for n in range(200) if n % 10]
    assert prepared.x.shape == (len(prepared.training_rows), prepared.preprocessor.width)
    assert prepared.validation_x.shape[0] == prepared.validation_y.shape[0] == len(prepared.validation_rows) == 36
    assert prepared.x[:, 0].mean() == pytest.approx(0, abs=1e-6)
