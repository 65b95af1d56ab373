"""The bags of an ensemble are planned like jobs with one network, and problems point to where the request has them."""

from typing import Any

import pytest

from service.jobs.estimates import estimate_needs
from service.limits import ServiceLimits
from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.serialization import from_spec, to_spec
from tabular.profile import Column, Profile, ValueCount
from tests.support.plan_requests import plan_request

X = Column(name="x", type="number", missing=0, distinct=90, min=0, max=1, mean=0.5, stddev=0.3)
DAY = Column(name="day", type="number", missing=0, distinct=90, min=0, max=1, mean=0.5, stddev=0.3)
TOP = (ValueCount(value="a", count=60), ValueCount(value="b", count=40))
KIND = Column(name="kind", type="category", missing=0, distinct=2, top=TOP)
PROFILE = Profile(rows=100, columns=(X, DAY, KIND))
BLEND = {"features": [{"column": "x", "encoding": "robust"}], "model": {"layers": [{"type": "dense", "units": 3}]}}
OPTIMIZER = {"type": "sgd", "learning_rate": 0.1}


def planned(ensemble: dict[str, Any], **fields: Any) -> Plan:
    return plan(PROFILE, plan_request("kind", ensemble=ensemble, **fields))


def problems(ensemble: dict[str, Any], **fields: Any) -> list[str]:
    with pytest.raises(InvalidPlan) as error:
        planned(ensemble, **fields)
    return [problem.pointer for problem in error.value.problems]


def test_a_bag_has_what_it_names_and_the_rest_of_the_job() -> None:
    found = planned(
        {"type": "folds", "folds": 3, "blend": [{**BLEND, "optimizer": OPTIMIZER}]}, training={"batch_size": 20}
    )
    first, second = found.bags
    assert found.networks == found.training.validation.folds == 3
    assert [feature.column for feature in first.features] == ["x", "day"]
    assert [feature.encoding for feature in second.features] == ["robust"]
    assert (second.training.batch_size, second.training.epochs) == (20, first.training.epochs)
    assert (second.training.schedule, second.training.optimizer.type) == (first.training.schedule, "sgd")
    assert from_spec(to_spec(found)) == found.model_copy(update={"warnings": ()})


def test_cost_counts_all_networks_and_shared_memory_once() -> None:
    def needs(**fields: Any) -> dict[str, Any]:
        layers = [{"type": "dense", "units": 500}]
        return estimate_needs(ServiceLimits(), plan(PROFILE, plan_request("kind", layers=layers, **fields)))

    one, three = needs(training={"validation": {"fraction": 0}}), needs(ensemble={"type": "folds", "folds": 3})
    assert three["parameters"] == 3 * one["parameters"]
    epochs = [
        planned({"type": "folds", "folds": 3}).training.epochs,
        plan(PROFILE, plan_request("kind")).training.epochs,
    ]
    assert three["flops"] / epochs[0] == pytest.approx(2 * one["flops"] / epochs[1], rel=0.1)
    assert three["memory_bytes"] < 2.5 * one["memory_bytes"]


@pytest.mark.parametrize(
    ("validation", "pointer"),
    [
        ({"fraction": 0.2}, "/training/validation/fraction"),
        ({"by": "time", "column": "day"}, "/training/validation/by"),
        ({"folds": 4}, "/training/validation/folds"),
        ({"by": "group", "column": "kind"}, "/training/validation/column"),
    ],
)
def test_validation_that_contradicts_the_folds_is_rejected(validation: dict[str, Any], pointer: str) -> None:
    assert problems({"type": "folds", "folds": 3}, training={"validation": validation}) == [pointer]
    if pointer != "/training/validation/column":
        seeds = {"type": "seeds", "networks": 3}
        assert validation.get("folds") or planned(seeds, training={"validation": validation}).networks == 3


def test_problems_of_all_bags_are_listed_where_the_request_has_them() -> None:
    blend = [{"features": [{"column": "z"}]}, {"model": {"layers": [{"type": "conv1d", "channels": 2, "kernel": 3}]}}]
    found = problems({"type": "folds", "folds": 3, "blend": blend}, features=[{"column": "y"}])
    assert found == ["/features/0/column", "/ensemble/blend/0/features/0/column"]
    found = problems({"type": "folds", "folds": 3, "blend": blend})
    assert found == ["/ensemble/blend/0/features/0/column", "/ensemble/blend/1/model/layers/0"]


def test_more_folds_than_rows_point_to_the_ensemble() -> None:
    few = Profile(rows=3, columns=(X, KIND))
    with pytest.raises(InvalidPlan) as error:
        plan(few, plan_request("kind", ensemble={"type": "folds", "folds": 4}))
    assert [problem.pointer for problem in error.value.problems] == ["/ensemble/folds"]
