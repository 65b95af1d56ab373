"""A data set is compared with the columns that a base model learned from."""

from dataclasses import replace
from typing import Any

import pytest

from tabular.errors import InvalidPlan
from tabular.planning.initialization import BaseColumn, Initialization, ModelDescription
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.planning.transfer.columns import warn_of_base_columns
from tabular.profile import Column, Profile, ValueCount
from tests.support.plan_requests import base_model, plan_request

FEATURES = [{"column": "age", "encoding": "standardize"}, {"column": "married", "encoding": "one_hot"}]
BASE = (BaseColumn(name="age", type="number"), BaseColumn(name="married", type="boolean", labels=("No", "Yes")))


def counts(*values: str) -> tuple[ValueCount, ...]:
    return tuple(ValueCount(value=value, count=100) for value in values)


AGE = Column(name="age", type="number", missing=0, distinct=50, integer=True)
MARRIED = Column(name="married", type="boolean", missing=0, distinct=2, singletons=0, top=counts("Yes", "No"))
Y = Column(name="y", type="category", missing=0, distinct=2, top=counts("a", "b"))


def planned(*columns: Column, **request: Any) -> Plan:
    model = base_model(FEATURES, [{"type": "dense", "units": 4}], **request)
    assert isinstance(model.source, ModelDescription)
    described = Initialization(init_from=model.init_from, source=replace(model.source, columns=BASE))
    return plan(Profile(rows=200, columns=columns), plan_request("y", initialization=described))


def test_a_data_set_with_the_same_columns_has_no_warnings() -> None:
    codes = {warning.code for warning in planned(AGE, MARRIED, Y).warnings}
    assert not codes & {"unread_columns", "unknown_labels", "new_output_layer"}


def test_all_columns_that_do_not_match_are_listed_at_once() -> None:
    labels = replace(MARRIED, top=counts("ja", "nein"))
    with pytest.raises(InvalidPlan) as caught:
        planned(replace(AGE, name="Age"), labels, Y)
    lacking, other = (problem.detail for problem in caught.value.problems)
    assert {problem.pointer for problem in caught.value.problems} == {"/init_from/model_id"}
    assert "lacks 'age', a number column" in lacking
    assert "Did you mean 'Age'?" in lacking
    assert "'married' has the values 'ja', 'nein', but the base model learned 'No', 'Yes'" in other
    with pytest.raises(InvalidPlan, match=r"\?types=age:number"):
        planned(replace(AGE, type="category"), MARRIED, Y)


def test_columns_and_values_that_the_model_does_not_know_are_reported() -> None:
    found = planned(
        AGE,
        replace(MARRIED, type="category", top=counts("Yes", "no", "widowed")),
        Column(name="city", type="category", missing=0, distinct=9, singletons=0),
        Y,
    )
    warnings = {warning.code: warning for warning in found.warnings}
    assert "'city'" in warnings["unread_columns"].detail
    assert warnings["unknown_labels"].detail.startswith("200 rows have values of 'married'")
    assert "'no' resembles 'No'" in warnings["unknown_labels"].detail


@pytest.mark.parametrize("use", ["exposure", "censored"])
def test_columns_that_belong_to_the_target_are_not_reported_as_ignored(use: str) -> None:
    years = Column(name="years", type="number", missing=0, distinct=2, integer=True)
    own = PlanRequest(target="y", **{use: "years"})  # type: ignore[arg-type]
    model = base_model(FEATURES, [{"type": "dense", "units": 4}]).source
    assert isinstance(model, ModelDescription)
    report = PlanningReport()
    warn_of_base_columns(Profile(rows=200, columns=(AGE, years, Y)), own, replace(model, columns=BASE), report)
    assert report.warnings == []


def test_a_new_output_layer_is_reported_with_its_reason() -> None:
    found = planned(AGE, MARRIED, Y, classes=("a", "c"))
    (warning,) = (each for each in found.warnings if each.code == "new_output_layer")
    assert "The base model predicts 'a', 'c', and the job 'a', 'b'." in warning.detail
    assert "new_output_layer" not in {each.code for each in planned(AGE, MARRIED, Y, new_head=True).warnings}
