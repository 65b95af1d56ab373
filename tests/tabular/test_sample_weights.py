"""Sample weights are checked, leave the features, and change what a network learns."""

from typing import Any

import numpy as np
import pytest

from tabular.errors import InvalidPlan
from tabular.preprocessing.training_arrays import make_training_arrays
from tests.support.tabular_jobs import csv, plan_job, train_job
from tests.tabular.conftest import Reader

TRAINING = {"epochs": 6, "batch_size": 16, "precision": "float64"}


def table(rows: int = 120) -> dict[str, Any]:
    """Two numbers that a label follows from; `often` is 0, 1 or 2 in turns."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, rows))
    label = np.where(a + b + 0.3 * rng.normal(size=rows) > 0, "yes", "no")
    return {"a": a.round(4), "b": b.round(4), "label": label, "often": np.arange(rows) % 3}


def chosen(columns: dict[str, Any], rows: Any) -> dict[str, Any]:
    return {name: np.asarray(column)[rows] for name, column in columns.items()}


def problems(data: Any, **request: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        plan_job(data, request.pop("target", "label"), **request)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def test_the_column_of_sample_weights_is_not_a_feature(read: Reader) -> None:
    found = plan_job(read(csv(table())), "label", sample_weight="often")
    assert (found.sample_weight, [feature.column for feature in found.features]) == ("often", ["a", "b"])
    assert "rows_of_weight_0" in [warning.code for warning in found.warnings]
    assert [feature.column for feature in plan_job(read(csv(table())), "label").features] == ["a", "b", "often"]


@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        ({}, "oftne", "Did you mean 'often'?"),
        ({}, "label", "is a target"),
        ({}, "kind", "is a category column. Sample weights are numbers"),
        ({"often": ["", *[1] * 119]}, "often", "has no value in 1 rows"),
        ({"often": [-1, *[1] * 119]}, "often", "has values down to -1"),
        ({"often": [0] * 120}, "often", "is 0 in every row"),
    ],
)
def test_unusable_sample_weights_are_rejected_with_the_reason(
    read: Reader, change: dict[str, Any], name: str, says: str
) -> None:
    kinds = np.tile(["red", "blue", "green"], 40)
    found = problems(read(csv({**table(), "kind": kinds, **change})), sample_weight=name)
    assert found[0][0] == "/sample_weight"
    assert says in found[0][1]


def test_all_problems_with_sample_weights_are_reported_together(read: Reader) -> None:
    data = read(csv({**table(), "often": ["", -1, *[0] * 118]}))
    features = [{"column": "a"}, {"column": "often"}, {"column": "c"}]
    found = problems(data, sample_weight="often", features=features)
    assert [pointer for pointer, _ in found] == [*["/sample_weight"] * 4, "/features/2/column"]


def test_rows_of_weight_0_have_no_effect(read: Reader) -> None:
    columns = table()
    without = chosen(columns, columns["often"] > 0)
    weighed = train_job(read(csv(columns)), "label", sample_weight="often", training=TRAINING)
    alone = train_job(read(csv(without)), "label", sample_weight="often", training=TRAINING)
    assert weighed.network.parameters.vector.tobytes() == alone.network.parameters.vector.tobytes()
    assert weighed.evaluation == alone.evaluation


def test_sample_weights_stay_with_their_rows_in_the_split(read: Reader) -> None:
    columns = table()
    columns["often"] = np.round(np.abs(columns["a"]) + 0.5, 4)
    data = read(csv(columns))
    arrays = make_training_arrays(data.table, plan_job(data, "label", sample_weight="often", training=TRAINING))
    assert arrays.sample_weights is not None
    assert arrays.validation_sample_weights is not None
    np.testing.assert_array_equal(arrays.sample_weights, columns["often"][arrays.training_rows])
    np.testing.assert_array_equal(arrays.validation_sample_weights, columns["often"][arrays.validation_rows])


def test_equal_sample_weights_change_nothing(read: Reader) -> None:
    columns = {**table(), "often": [2] * 120}
    weighed = train_job(read(csv(columns)), "label", sample_weight="often", training=TRAINING)
    plain = train_job(read(csv(columns)), "label", features=[{"column": "a"}, {"column": "b"}], training=TRAINING)
    assert weighed.network.parameters.vector.tobytes() == plain.network.parameters.vector.tobytes()


def test_rows_with_larger_weights_are_learned_better(read: Reader) -> None:
    rng = np.random.default_rng(5)
    a, group = rng.normal(size=600), np.arange(600) % 2
    label = np.where((a > 0) ^ (group == 1), "yes", "no")  # the two groups disagree about everything
    data = read(csv({"a": a.round(4), "label": label, "trust": np.where(group == 1, 0.05, 1.0)}))
    model = train_job(data, "label", sample_weight="trust", training={"epochs": 20})
    answers = [answer["label"] for answer in model.predict([{"a": -1.0}, {"a": 1.0}])]
    assert answers == ["no", "yes"]


def test_too_few_weighted_rows_are_rejected_when_they_are_read(read: Reader) -> None:
    data = read(csv({**table(), "often": [1, *[0] * 119]}))
    with pytest.raises(ValueError, match="only 1 rows with a target have 'often' above 0; more are needed"):
        make_training_arrays(data.table, plan_job(data, "label", sample_weight="often"))
