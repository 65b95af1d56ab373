"""Rows of another data set are checked against the job's columns before anything is read."""

from dataclasses import replace
from typing import Any

import pytest

from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.profile import Column, Profile, ValueCount
from tests.support.plan_requests import plan_request

AGE = Column(name="age", type="number", missing=0, distinct=90, integer=False, min=0.5, max=9.5)
KINDS = (ValueCount(value="a", count=50), ValueCount(value="b", count=50))
KIND = Column(name="kind", type="category", missing=0, distinct=2, top=KINDS)
COLOR = Column(name="color", type="category", missing=0, distinct=2, top=(ValueCount(value="red", count=100),))
POINTER = "/training/validation/dataset_id"
EMPTY = Column(name="age", type="text", missing=40, distinct=0)


def planned(*columns: Column, **training: Any) -> Plan:
    request = plan_request("kind", training={"validation": {"dataset_id": "ds_2"}, **training})
    other = Profile(rows=40, columns=columns)
    return plan(Profile(rows=100, columns=(AGE, KIND, COLOR)), replace(request, validation_profile=other))


def test_all_rows_of_the_job_train_and_the_other_rows_evaluate() -> None:
    found = planned(KIND, COLOR, AGE, Column(name="extra", type="text", missing=0, distinct=40))
    assert (found.rows, found.training_rows, found.validation_rows) == (100, 100, 40)
    assert found.training.validation.model_dump() == {"fraction": 0.0, "dataset_id": "ds_2"}
    assert found.training.early_stopping is not None


def test_labels_may_be_read_as_text_and_a_feature_may_be_empty() -> None:
    assert planned(KIND, replace(COLOR, type="text"), EMPTY).validation_rows == 40


@pytest.mark.parametrize(
    ("columns", "details"),
    [
        ((KIND, replace(COLOR, name="colors"), AGE), ["lacks 'color', a feature of the job. Did you mean 'colors'?"]),
        ((AGE, COLOR), ["lacks 'kind', a target."]),
        (
            (KIND, replace(AGE, name="color"), replace(COLOR, name="age")),
            ["Upload the validation rows again with ?types=color:category."],
        ),
        ((replace(KIND, missing=40), COLOR, AGE), ["No row of the validation data set has a value of 'kind'"]),
        (
            (replace(KIND, distinct=1, top=(ValueCount(value="c", count=40),)), COLOR, AGE),
            ["The validation rows have values of 'kind' that no training row has: 'c'."],
        ),
    ],
)
def test_columns_that_do_not_match_are_reported(columns: tuple[Column, ...], details: list[str]) -> None:
    with pytest.raises(InvalidPlan) as caught:
        planned(*columns)
    assert {problem.pointer for problem in caught.value.problems} == {POINTER}
    text = " ".join(problem.detail for problem in caught.value.problems)
    assert all(detail in text for detail in details)
