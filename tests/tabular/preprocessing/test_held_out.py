"""Held-out rows are chosen as the plan says, and described."""

from typing import Any

import numpy as np
import pytest

from tabular.preprocessing.training_arrays import TrainingArrays, make_training_arrays
from tests.support.reading import Read, Reader
from tests.support.tabular_jobs import csv, plan_job

DAYS = np.datetime64("2024-01-01") + np.random.default_rng(3).permutation(200)


@pytest.fixture
def sales(read: Reader) -> Read:
    rng = np.random.default_rng(0)
    customers = np.array([f"c{number}" for number in rng.integers(0, 25, 200)])
    amount = rng.normal(size=200)
    return read(csv({"day": DAYS, "customer": customers, "amount": amount, "total": 3 * amount + rng.normal(size=200)}))


def arrays(data: Read, target: str = "total", **validation: Any) -> TrainingArrays:
    return make_training_arrays(data.table, plan_job(data, target, training={"validation": validation}))


def test_the_last_days_are_held_out_and_described(sales: Read) -> None:
    found = arrays(sales, by="time", column="day")
    assert DAYS[found.validation_rows].min() > DAYS[found.training_rows].max()
    assert found.held_out == {
        "by": "time",
        "column": "day",
        "rows": 40,
        "from": "2024-06-09T00:00:00.000Z",
        "to": "2024-07-18T00:00:00.000Z",
    }


def test_times_can_be_numbers(sales: Read) -> None:
    found = arrays(sales, by="time", column="amount")
    amounts = np.array(sales.cells("amount"))
    assert amounts[found.validation_rows].min() > amounts[found.training_rows].max()
    assert found.held_out["from"] == amounts[found.validation_rows].min()


def test_customers_are_on_one_side_and_counted(sales: Read) -> None:
    found = arrays(sales, by="group", column="customer")
    names = np.array(sales.cells("customer"))
    held_out = set(names[found.validation_rows])
    assert not held_out & set(names[found.training_rows])
    rows = len(found.validation_rows)
    assert found.held_out == {"by": "group", "column": "customer", "rows": rows, "groups": len(held_out)}


def test_stratified_numbers_have_the_same_quantiles_in_both_parts(sales: Read) -> None:
    found = arrays(sales, by="stratified")
    totals = np.array(sales.cells("total"))
    low = totals <= np.quantile(totals, 0.5)
    assert low[found.validation_rows].mean() == pytest.approx(0.5, abs=0.03)


def test_rows_can_be_stratified_by_another_column(sales: Read) -> None:
    found = arrays(sales, by="stratified", column="customer")
    names, counts = np.unique(sales.cells("customer"), return_counts=True)
    held_out = np.array(sales.cells("customer"))[found.validation_rows]
    for name, count in zip(names, counts, strict=True):
        assert abs((held_out == name).sum() - count / 5) <= 1


def test_classes_are_stratified_by_default_and_random_by_request(read: Reader) -> None:
    kinds = np.array(["a"] * 150 + ["b"] * 50)
    data = read(csv({"x": np.random.default_rng(0).normal(size=200), "kind": kinds}))
    shares = [
        (kinds[arrays(data, "kind", **fields).validation_rows] == "b").sum()
        for fields in ({}, {"by": "stratified"}, {"by": "random"})
    ]
    assert shares[:2] == [10, 10]
    assert shares[2] != 10


@pytest.mark.parametrize("validation", [{}, {"by": "group", "column": "customer"}, {"folds": 4}])
def test_samples_are_nested_and_leave_held_out_rows_alone(sales: Read, validation: dict[str, Any]) -> None:
    def sampled(fraction: float | None, seed: int = 0) -> TrainingArrays:
        training = {"validation": validation, "sample": {"fraction": fraction, "seed": seed} if fraction else None}
        return make_training_arrays(sales.table, plan_job(sales, "total", training=training))

    whole, half, quarter, other = sampled(None), sampled(0.5), sampled(0.25), sampled(0.25, seed=1)
    assert set(quarter.training_rows) < set(half.training_rows) < set(whole.training_rows)
    assert set(quarter.training_rows) != set(other.training_rows)
    assert len(quarter.training_rows) == round(0.25 * len(whole.training_rows))
    assert half.target.columns[0].mean != whole.target.columns[0].mean
    for found in (half, quarter):
        assert np.array_equal(found.validation_rows, whole.validation_rows)
        assert np.array_equal(found.truth, whole.truth)
        for fold, whole_fold in zip(found.folds, whole.folds, strict=True):
            assert np.array_equal(fold.rows, whole_fold.rows)
            assert len(fold.training) < len(whole_fold.training)
