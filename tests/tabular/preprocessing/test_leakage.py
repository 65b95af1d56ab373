"""Features that alone predict the target are reported."""

from typing import Any

import numpy as np
import pytest

from tabular.preprocessing.training_arrays import make_training_arrays
from tests.support.reading import Reader
from tests.support.tables import flowers, prices
from tests.support.tabular_jobs import csv, plan_job

RNG = np.random.default_rng(5)
X = RNG.normal(size=600).round(4)
KIND = np.where(X + RNG.normal(size=600) > 0, "yes", "no")


def leaks(read: Reader, text: str, target: str) -> list[str | None]:
    data = read(text)
    found = make_training_arrays(data.table, plan_job(data, target)).warnings
    assert {warning.code for warning in found} <= {"leakage"}
    return [warning.column for warning in found]


@pytest.mark.parametrize(
    "copy",
    [np.where(KIND == "yes", "won", "lost"), np.where(KIND == "yes", 1.5, 0.5) + X / 100, (KIND == "yes") * 7],
    ids=["labels", "numbers", "few numbers"],
)
def test_a_copy_of_the_classes_leaks(read: Reader, copy: Any) -> None:
    assert leaks(read, csv({"x": X, "copy": copy, "kind": KIND}), "kind") == ["copy"]


def test_a_transformed_copy_of_numbers_leaks(read: Reader) -> None:
    y = RNG.uniform(1, 9, 600)
    assert leaks(read, csv({"x": X, "log": np.log(y), "y": y}), "y") == ["log"]


def test_labels_that_fix_the_number_leak(read: Reader) -> None:
    size = RNG.integers(0, 5, 600)
    code = np.array(["a", "b", "c", "d", "e"])[size]
    assert leaks(read, csv({"x": X, "code": code, "y": size * 10.5 + X / 50}), "y") == ["code"]


@pytest.mark.parametrize(
    ("text", "target"), [(flowers(600), "kind"), (prices(600), "price")], ids=["classes", "numbers"]
)
def test_good_features_do_not_leak(read: Reader, text: str, target: str) -> None:
    assert leaks(read, text, target) == []


@pytest.mark.parametrize("every", [130, 900])
def test_a_rare_class_does_not_make_every_feature_leak(read: Reader, every: int) -> None:
    rare = np.where(np.arange(2600) % every == 0, "fraud", "fine")
    text = csv({"x": RNG.normal(size=2600), "z": RNG.integers(0, 3, 2600), "kind": rare})
    assert leaks(read, text, "kind") == []


def test_few_rows_are_not_checked(read: Reader) -> None:
    assert leaks(read, csv({"x": X[:60], "copy": KIND[:60] == "yes", "kind": KIND[:60]}), "kind") == []
