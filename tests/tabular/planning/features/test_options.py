"""Options of features are checked against the encoding and the column."""

from typing import Any

import pytest

from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.profile import Column, Profile, ValueCount
from tests.support.plan_requests import plan_request


def category(name: str, *values: str, distinct: int | None = None, kind: Any = "category") -> Column:
    top = tuple(ValueCount(value=value, count=20) for value in values)
    return Column(name=name, type=kind, missing=0, distinct=distinct or len(values), top=top, singletons=0)


TABLE = Profile(
    rows=60,
    columns=(
        category("size", "S", "M", "L"),
        category("shop", *"abcdefghijklmnopqrst", distinct=1_001),
        category("ok", "no", "yes", kind="boolean"),
        Column(name="note", type="text", missing=3, distinct=57, singletons=57),
        Column(name="x", type="number", missing=0, distinct=50),
        Column(name="at", type="datetime", missing=0, distinct=60, min="2024-01-01T00:00:00Z"),
        Column(name="y", type="number", missing=0, distinct=60, integer=False),
    ),
)


def planned(*features: dict[str, Any]) -> Plan:
    return plan(TABLE, plan_request("y", features=features))


def problems(*features: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(*features)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def ordinal(column: str, **options: Any) -> dict[str, Any]:
    return {"column": column, "encoding": "ordinal", **options}


@pytest.mark.parametrize(
    ("feature", "inputs"),
    [
        ({"column": "x", "encoding": "numeric_embedding", "bins": 9}, 10),
        ({"column": "x", "encoding": "numeric_embedding"}, 5),
        ({"column": "x", "encoding": "cyclic", "period": 24}, 2),
        ({"column": "at", "encoding": "cyclic", "cycles": ["hour"]}, 2),
        ({"column": "at", "cycles": ["month", "weekday"]}, 5),
    ],
)
def test_bins_and_cycles_decide_how_many_inputs_there_are(feature: dict[str, Any], inputs: int) -> None:
    found = planned(feature).features[0]
    assert found.inputs_at_most == inputs
    assert {name: getattr(found, name) for name in feature} == feature | (
        {"cycles": tuple(feature["cycles"])} if "cycles" in feature else {}
    )


@pytest.mark.parametrize(
    ("feature", "pointer", "detail"),
    [
        (
            {"column": "x", "encoding": "robust", "bins": 9},
            "bins",
            'robust has no bins. Leave `bins` out or request "encoding"',
        ),
        ({"column": "x", "encoding": "cyclic"}, "period", "'x' is a number. Say after how much"),
        ({"column": "x", "period": 24}, "period", 'Only numbers with "encoding": "cyclic" have a period.'),
        ({"column": "at", "encoding": "cyclic", "period": 24}, "period", "have a period"),
        ({"column": "size", "cycles": ["hour"]}, "cycles", "is not encoded as a time"),
        ({"column": "at", "cycles": ["hour", "hour"]}, "cycles", "listed more than once"),
    ],
)
def test_bins_and_cycles_of_other_encodings_are_rejected(feature: dict[str, Any], pointer: str, detail: str) -> None:
    ((at, found),) = problems(feature)
    assert at == f"/features/0/{pointer}"
    assert detail in found


def test_an_order_is_planned_without_a_warning() -> None:
    found = planned(ordinal("size", order=["S", "M", "L", "XL"]))
    assert (found.features[0].order, found.features[0].inputs_at_most) == (("S", "M", "L", "XL"), 1)
    assert [warning.code for warning in found.warnings if warning.column == "size"] == []


def test_an_alphabetical_order_is_reported_with_a_request_that_changes_it() -> None:
    (warning,) = [each for each in planned(ordinal("size")).warnings if each.code == "alphabetical_order"]
    assert "'L', 'M', 'S'" in warning.detail
    assert '"order": ["L", "M", "S"]' in (warning.fix or "")


def test_booleans_are_ordered_without_a_warning() -> None:
    assert "alphabetical_order" not in [warning.code for warning in planned(ordinal("ok")).warnings]


@pytest.mark.parametrize(
    ("feature", "pointer", "says"),
    [
        (ordinal("size", order=["S", "M"]), "order", "'L'"),
        (ordinal("size", order=["S", "M", "L", "M"]), "order", "'M' is listed more than once"),
        (ordinal("shop"), "encoding", "1,001 categories"),
        (ordinal("x"), "encoding", "does not fit"),
        ({"column": "size", "order": ["S", "M", "L"]}, "order", "one_hot has no order"),
        ({"column": "size", "size": 4}, "size", "one_hot has no size"),
        ({"column": "x", "encoding": "robust", "size": 4}, "size", "robust has no size"),
        ({"column": "size", "encoding": "embedding", "size": 513}, "size", "at most 512"),
        ({"column": "x", "encoding": "hashed_text"}, "encoding", "Use standardize or robust or"),
    ],
)
def test_an_option_that_does_not_fit_is_rejected(feature: dict[str, Any], pointer: str, says: str) -> None:
    ((found, detail),) = problems(feature)
    assert found == f"/features/0/{pointer}"
    assert says in detail


@pytest.mark.parametrize(("options", "inputs"), [({}, 257), ({"size": 512}, 513), ({"missing_indicator": False}, 256)])
def test_free_text_is_hashed_into_the_requested_size(options: dict[str, Any], inputs: int) -> None:
    (feature,) = planned({"column": "note", **options}).features
    assert (feature.encoding, feature.size, feature.inputs_at_most) == (
        "hashed_text",
        options.get("size", 256),
        inputs,
    )
    assert feature.width_at_most == inputs
