"""How rows are held out is checked against the profile, and its default is filled in."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine.spec import ValidationSpec
from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.validation.row_counts import rows_per_epoch
from tabular.profile import Column, DataWarning, Profile, ValueCount
from tests.support.plan_requests import plan_request

Y = Column(name="y", type="number", missing=0, distinct=80, integer=False, min=0.5, max=9.5)
X = Column(name="x", type="number", missing=0, distinct=90, integer=False, min=0.5, max=9.5)
KINDS = (ValueCount(value="a", count=50), ValueCount(value="b", count=50))
KIND = Column(name="kind", type="category", missing=0, distinct=2, top=KINDS)
DAY = Column(name="day", type="datetime", missing=0, distinct=100, min="2024-01-01T00:00:00Z")
CUSTOMER = Column(name="customer", type="category", missing=0, distinct=20, singletons=0)


def planned(target: Any, validation: dict[str, Any], *columns: Column) -> Plan:
    profile = Profile(rows=100, columns=(X, Y, KIND, *columns))
    return plan(profile, plan_request(target, training={"validation": validation}))


def problems(target: Any, validation: dict[str, Any], *columns: Column) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(target, validation, *columns)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


@pytest.mark.parametrize(("target", "by"), [("kind", "stratified"), ("y", "random"), (["kind", "y"], "random")])
def test_the_default_depends_on_the_target(target: Any, by: str) -> None:
    assert planned(target, {}).training.validation == ValidationSpec(fraction=0.2, by=by)


def test_times_and_groups_are_accepted() -> None:
    assert planned("y", {"by": "time", "column": "day"}, DAY).training.validation.column == "day"
    assert planned("y", {"by": "time", "column": "x"}).training.validation.by == "time"
    assert planned("y", {"by": "group", "column": "customer"}, CUSTOMER).training.validation.by == "group"


def test_a_group_column_is_a_feature_only_by_request() -> None:
    found = planned("y", {"by": "group", "column": "customer"}, CUSTOMER)
    assert "customer" not in [feature.column for feature in found.features]
    assert [warning.code for warning in found.warnings if warning.column == "customer"] == ["column_skipped"]


@pytest.mark.parametrize(("by", "validation_rows"), [({}, 100), ({"by": "time", "column": "day"}, 80)])
def test_folds_evaluate_rows_that_train_the_network_too(by: dict[str, Any], validation_rows: int) -> None:
    found = planned("y", {"folds": 4, **by}, DAY)
    assert (found.rows, found.training_rows, found.validation_rows) == (100, 100, validation_rows)
    assert found.training.early_stopping is not None
    assert (found.training.validation.folds, found.training.validation.fraction) == (4, 0.0)


@pytest.mark.parametrize(("by", "rows"), [({}, 100 + 300), ({"by": "time", "column": "day"}, 100 + 200)])
def test_an_epoch_trains_the_rows_of_all_networks(by: dict[str, Any], rows: int) -> None:
    assert rows_per_epoch(planned("y", {"folds": 4, **by}, DAY)) == rows


@pytest.mark.parametrize(
    "validation",
    [
        {"folds": 3, "fraction": 0.1},
        {"dataset_id": "ds_2", "by": "random"},
        {"dataset_id": "ds_2", "folds": 3},
        {"folds": 1},
    ],
)
def test_only_one_kind_of_validation_rows_is_accepted(validation: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ValidationSpec(**validation)
    assert ValidationSpec(folds=3, fraction=0).folds == 3


@pytest.mark.parametrize(
    ("validation", "detail"),
    [
        ({"by": "group", "column": "few", "folds": 5}, "has 4 different values; 5 folds need at least 5 groups"),
        ({"by": "time", "column": "few", "folds": 4}, "has 4 different values; 4 folds need at least 5 times"),
        ({"by": "time", "column": "dya"}, "no column 'dya'. Did you mean 'day'?"),
        ({"by": "time", "column": "kind"}, "is a category column"),
        ({"by": "group", "column": "one"}, "fewer than two different values"),
    ],
)
def test_a_column_that_does_not_fit_is_rejected(validation: dict[str, Any], detail: str) -> None:
    one = Column(name="one", type="number", missing=0, distinct=1)
    few = Column(name="few", type="number", missing=0, distinct=4)
    ((pointer, found),) = problems("y", validation, DAY, one, few)
    assert pointer == "/training/validation/column"
    assert detail in found


def test_stratified_rows_of_several_targets_need_a_column() -> None:
    ((pointer, _),) = problems(["kind", "y"], {"by": "stratified"})
    assert pointer == "/training/validation/column"


def test_rows_without_a_time_are_reported() -> None:
    day = Column(name="day", type="datetime", missing=7, distinct=93)
    found = planned("y", {"by": "time", "column": "day"}, day)
    assert "rows_without_time" in [warning.code for warning in found.warnings]


def test_groups_of_single_rows_are_reported() -> None:
    customer = Column(name="customer", type="category", missing=0, distinct=100, singletons=100)
    found = planned("y", {"by": "group", "column": "customer"}, customer)
    assert "groups_of_one_row" in [warning.code for warning in found.warnings]


@pytest.mark.parametrize("code", ["time_ordered", "repeated_groups"])
def test_what_the_upload_noticed_advises_another_split(code: str) -> None:
    noticed = DataWarning(code=code, column="day", detail="…", fix="Split by it.")
    profile = Profile(rows=100, columns=(X, Y, KIND, DAY), warnings=(noticed,))
    (advice,) = [warning for warning in plan(profile, plan_request("y")).warnings if warning.code == code]
    assert (advice.column, advice.fix) == ("day", "Split by it.")
    for validation in ({"by": "random"}, {"fraction": 0.0}):
        found = plan(profile, plan_request("y", training={"validation": validation}))
        assert code not in [warning.code for warning in found.warnings]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"by": "time"}, ("column",)),
        ({"by": "group"}, ("column",)),
        ({"by": "random", "column": "x"}, ("by",)),
        ({"column": "x"}, ("by",)),
        ({"by": "folds"}, ("by",)),
    ],
)
def test_fields_that_contradict_each_other_are_rejected(fields: dict[str, Any], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        ValidationSpec.model_validate(fields)
    assert [error["loc"] for error in caught.value.errors()] == [place]


def test_a_stored_spec_without_a_rule_stays_as_it_is() -> None:
    stored = {"fraction": 0.2}
    assert ValidationSpec.model_validate(stored).model_dump(mode="json") == stored
