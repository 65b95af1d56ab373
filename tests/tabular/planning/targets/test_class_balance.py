"""Rare classes are named with their counts, and the fix that is offered is accepted."""

import json
from typing import Any

import pytest

from tabular.planning.planner import plan
from tabular.profile import Column, DataWarning, Profile, ValueCount
from tests.support.plan_requests import plan_request

X = Column(name="x", type="number", missing=0, distinct=90, integer=False, min=0.5, max=9.5)


def warnings(counts: dict[str, int], **training: Any) -> dict[str, DataWarning]:
    top = tuple(ValueCount(value=value, count=count) for value, count in counts.items())
    kind = Column(name="kind", type="category", missing=0, distinct=len(top), top=top)
    found = plan(Profile(rows=sum(counts.values()), columns=(X, kind)), plan_request("kind", training=training))
    return {warning.code: warning for warning in found.warnings}


def test_imbalance_names_the_counts_and_its_fix_ends_it() -> None:
    counts = {"fine": 9_900, "fraud": 100}
    found = warnings(counts)["class_imbalance"]
    assert "9,900 rows of 'fine' and only 100 of 'fraud'" in found.detail
    fix = found.fix or ""
    advised = json.loads(fix[fix.index("{") : fix.index("}") + 1])
    assert warnings(counts, **advised) == {}


@pytest.mark.parametrize("counts", [{"a": 60, "b": 40}, {"a": 190, "b": 20}, {"a": 100, "b": 11, "c": 20}])
def test_less_uneven_counts_are_no_problem(counts: dict[str, int]) -> None:
    assert warnings(counts) == {}


def test_classes_with_few_rows_are_listed() -> None:
    found = warnings({"a": 40, "b": 30, "c": 9, "d": 2})["few_rows_per_class"]
    assert "fewer than 10 rows" in found.detail
    assert "'d' (2), 'c' (9)" in found.detail
    assert "12 folds need" in warnings({"a": 40, "b": 11}, validation={"folds": 12})["few_rows_per_class"].detail
