"""A job takes uploaded weights over as far as names and shapes fit."""

from typing import Any

import pytest

from tabular.errors import InvalidPlan
from tabular.planning.initialization import Initialization, WeightsDescription
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.serialization import from_spec, to_spec
from tabular.profile import Column, Profile
from tabular.spec import InitFrom
from tests.support.plan_requests import plan_request

TABLE = Profile(
    rows=400,
    columns=tuple(Column(name=name, type="number", missing=0, distinct=300, integer=False) for name in ("x", "z", "y")),
)
LAYERS = [{"type": "dense", "units": 4}, {"type": "dense", "units": 3}]
TENSORS = {  # dense, ReLU, dense, ReLU, output: as in torch.nn.Sequential
    "0.weight": (4, 2),
    "0.bias": (4,),
    "2.weight": (3, 4),
    "2.bias": (3,),
    "4.weight": (1, 3),
    "4.bias": (1,),
}


def weights(changes: dict[str, tuple[int, ...] | None] | None = None, **init_from: Any) -> Initialization:
    shapes = TENSORS | (changes or {})
    tensors = {name: (shape, "float32") for name, shape in shapes.items() if shape is not None}
    return Initialization(
        init_from=InitFrom(weights_id="wts_1", **init_from), source=WeightsDescription(tensors=tensors)
    )


def planned(base: Initialization) -> Plan:
    return plan(TABLE, plan_request("y", layers=LAYERS, initialization=base))


def rejected(base: Initialization) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(base)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def test_a_file_that_fits_is_taken_with_its_output_layer() -> None:
    found = planned(weights())
    assert to_spec(found)["init_from"] == {
        "weights_id": "wts_1",
        "freeze_layers": 0,
        "new_head": False,
        "layers": 2,
        "head": True,
    }
    assert from_spec(to_spec(found)).init_from == found.init_from
    assert not found.warnings


def test_layers_are_taken_up_to_the_first_that_does_not_fit() -> None:
    found = planned(weights({"2.weight": (7, 4)}, freeze_layers=1))
    assert found.init_from is not None
    assert (found.init_from.layers, found.init_from.head) == (1, False)
    assert found.training.frozen == (0,)
    (warning,) = found.warnings
    assert warning.code == "weights_unused"
    assert "2.weight has shape [7, 4]" in warning.detail


def test_unused_tensors_give_a_warning() -> None:
    (warning,) = planned(weights({"9.weight": (2, 2), "1.num_batches_tracked": ()})).warnings
    assert warning.code == "weights_unused"
    assert "9.weight [2, 2]" in warning.detail
    assert "num_batches_tracked" not in warning.detail


def test_a_file_that_fits_nowhere_is_rejected_with_what_was_expected() -> None:
    found = rejected(weights({"0.weight": (4, 5)}))
    assert {pointer for pointer, _ in found} == {"/init_from/weights_id"}
    assert "The features make 2 inputs" in found[0][1]
    assert "Expected first: 0.weight [4, 2]" in found[-1][1]


def test_more_frozen_layers_than_are_taken_are_rejected() -> None:
    ((pointer, detail), *_) = rejected(weights({"2.weight": None}, freeze_layers=2))
    assert pointer == "/init_from/freeze_layers"
    assert "Only 1 layers" in detail
