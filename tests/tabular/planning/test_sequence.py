"""Windows of a time series are checked against the table, and their defaults are filled in."""

from typing import Any

import pytest

from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.profile import Column, Profile
from tabular.sequence import SequenceSpec
from tests.support.plan_requests import plan_request

SALES = Column(name="sales", type="number", missing=0, distinct=300, integer=False, min=0.5, max=9.5)
DAY = Column(name="day", type="datetime", missing=0, distinct=300, min="2024-01-01T00:00:00Z")
HOUR = Column(name="hour", type="number", missing=0, distinct=300, integer=True, min=0, max=299)
STORE = Column(name="store", type="category", missing=0, distinct=3, singletons=0)
WEATHER = Column(name="weather", type="category", missing=0, distinct=4, singletons=0)
TABLE = Profile(rows=300, columns=(DAY, HOUR, STORE, WEATHER, SALES))
SEQUENCE = {"order_by": "day", "window": 7, "horizon": 2, "group_by": "store"}


def planned(sequence: dict[str, Any] | None = None, **request: Any) -> Plan:
    return plan(TABLE, plan_request("sales", sequence=SequenceSpec.model_validate(sequence or SEQUENCE), **request))


def problems(sequence: dict[str, Any] | None = None, **request: Any) -> dict[str, str]:
    with pytest.raises(InvalidPlan) as caught:
        planned(sequence, **request)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def test_past_targets_and_the_position_in_the_year_are_features_by_default() -> None:
    found = planned()
    encodings = {feature.column: feature.encoding for feature in found.features}
    assert encodings == {"hour": "standardize", "weather": "one_hot", "sales": "standardize", "day": "cyclic"}
    assert found.inputs_at_most == 7 * (1 + 5 + 1 + 6)
    assert [feature.column for feature in planned({**SEQUENCE, "order_by": "hour"}).features][-1] == "sales"


def test_later_rows_are_held_out_by_default_and_samples_are_counted() -> None:
    found = planned()
    assert (found.training.validation.by, found.training.validation.column) == ("time", "day")
    assert found.training_rows + found.validation_rows == 300 - 3 * (7 + 2 - 1)


@pytest.mark.parametrize(
    ("layers", "added"),
    [
        ([{"type": "lstm", "units": 4}], True),
        ([{"type": "residual", "layers": [{"type": "layer_norm"}, {"type": "attention"}]}], True),
        ([{"type": "dense", "units": 4}], False),
        ([{"type": "reshape", "shape": [7, -1]}, {"type": "gru", "units": 4}], False),
    ],
)
def test_layers_that_need_time_steps_get_them(layers: list[dict[str, Any]], added: bool) -> None:  # noqa: FBT001
    found = planned(layers=layers, training={"frozen": [len(layers) - 1]})
    expected = ["reshape"] * added + [layer["type"] for layer in layers]
    assert [layer.type for layer in found.layers] == expected
    assert found.training.frozen == (len(expected) - 1,)


def test_what_does_not_fit_is_reported_with_its_place() -> None:
    found = problems({"order_by": "weather", "window": 7, "group_by": "shop"})
    assert "is a category column. Times are dates or numbers." in found["/sequence/order_by"]
    assert "no column 'shop'. Did you mean" in found["/sequence/group_by"]
    found = problems({**SEQUENCE, "window": 300})
    assert "A sample needs 302 rows of a series" in found["/sequence/window"]
    found = problems(features=[{"column": "store", "encoding": "embedding"}])
    assert "have no embeddings" in found["/features/0/encoding"]


@pytest.mark.parametrize(
    ("validation", "pointer"),
    [({"by": "random"}, "by"), ({"by": "stratified"}, "by"), ({"by": "time", "column": "hour"}, "column")],
)
def test_windows_are_not_held_out_at_random(validation: dict[str, Any], pointer: str) -> None:
    assert f"/training/validation/{pointer}" in problems(training={"validation": validation})


def test_series_and_periods_can_be_held_out() -> None:
    assert planned(training={"validation": {"by": "group", "column": "store"}}).training.validation.by == "group"
    assert planned(training={"validation": {"folds": 4}}).training.validation.by == "time"
