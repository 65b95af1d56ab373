"""A plan request knows its targets, its layers, and how the first layer uses the inputs."""

from typing import Any

import pytest

from tests.support.plan_requests import base_model, plan_request

EMBEDDING = {"type": "embedding", "vocabulary": 9, "units": 2}
RESHAPE = {"type": "reshape", "shape": [2, 1]}
DENSE = {"type": "dense", "units": 2}


@pytest.mark.parametrize(
    ("layers", "use"),
    [
        (None, "any_order"),
        ([], "any_order"),
        ([DENSE], "any_order"),
        ([{"type": "flatten"}, DENSE], "any_order"),
        ([RESHAPE, DENSE], "by_position"),
        ([EMBEDDING], "whole_numbers"),
        ([RESHAPE, EMBEDDING], "whole_numbers"),
    ],
)
def test_the_first_layer_decides_how_inputs_are_used(layers: list[dict[str, Any]] | None, use: str) -> None:
    assert plan_request("y", layers=layers).input_use == use


def test_a_single_target_is_a_tuple_of_one() -> None:
    assert plan_request("y").targets == ("y",)
    assert plan_request(["y", "z"]).targets == ("y", "z")


def test_layers_are_frozen_only_with_a_base() -> None:
    base = base_model([{"column": "x"}], [DENSE], freeze_layers=1)
    assert plan_request("y").freeze_layers == 0
    assert plan_request("y", initialization=base).freeze_layers == 1
