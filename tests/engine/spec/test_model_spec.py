"""Model specs accept valid layers and blocks, and reject others."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine.spec import Conv2dSpec, MaxPoolSpec, ModelSpec, ResidualSpec


def block(depth: int) -> dict[str, Any]:
    """Return nested residual blocks."""
    return {"type": "residual", "layers": [block(depth - 1) if depth > 1 else {"type": "layer_norm"}]}


def test_blocks_round_trip_through_json() -> None:
    inner = {"type": "conv2d", "channels": 4, "kernel": [3, 1], "padding": "same"}
    requested = {
        "layers": [
            {"type": "reshape", "shape": [1, 8, 8]},
            {"type": "residual", "layers": [inner], "projection": [inner]},
        ]
    }
    model = ModelSpec.model_validate(requested)
    assert ModelSpec.model_validate_json(model.model_dump_json()) == model
    assert model.model_dump(mode="json", exclude_unset=True) == requested
    (body,) = ResidualSpec.model_validate(requested["layers"][1]).layers
    assert body == Conv2dSpec(channels=4, kernel=(3, 1), padding="same")


def test_pooling_windows_do_not_overlap_by_default() -> None:
    assert MaxPoolSpec() == MaxPoolSpec(kernel=2, stride=None, padding=0)


def test_models_at_the_limits_are_valid() -> None:
    ModelSpec.model_validate({"layers": [block(4)]})
    wide = {"type": "residual", "layers": [{"type": "flatten"}] * 63}
    ModelSpec.model_validate({"layers": [wide] * 4})


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"type": "conv2d", "channels": 4, "kernel": 65}, "less than or equal to 64"),
        ({"type": "conv2d", "channels": 4, "kernel": [3, 3, 3]}, "at most 2"),
        ({"type": "conv2d", "channels": 4, "groups": 3}, "channels must be divisible by groups"),
        ({"type": "conv2d", "channels": 4, "kernel": [3, 2], "padding": "same"}, "odd kernels"),
        ({"type": "conv2d", "channels": 4, "stride": 2, "padding": "same"}, "stride of 1"),
        ({"type": "conv1d", "channels": 4, "kernel": 2, "padding": "same"}, "odd kernels"),
        ({"type": "conv1d", "channels": 4, "kernel": [3, 3]}, "valid integer"),
        ({"type": "conv1d", "channels": 0}, "greater than or equal to 1"),
        ({"type": "max_pool", "kernel": 3, "padding": 2}, "half of the kernel"),
        ({"type": "average_pool", "kernel": [4, 2], "padding": 2}, "half of the kernel"),
        ({"type": "global_pool", "function": "median"}, "'average' or 'max'"),
        ({"type": "batch_norm", "momentum": 0.0}, "greater than 0"),
        ({"type": "layer_norm", "epsilon": 0.0}, "greater than or equal to 0"),
        ({"type": "reshape", "shape": []}, "at least 1"),
        ({"type": "reshape", "shape": [1, 2, 3, 4]}, "at most 3"),
        ({"type": "residual", "layers": []}, "at least 1"),
        ({"type": "residual", "layers": [{"type": "flatten"}] * 65}, "at most 64"),
        (block(5), "nested at most 4 levels deep, not 5"),
    ],
    ids=str,
)
def test_invalid_layers_raise_an_error(layer: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ModelSpec.model_validate({"layers": [layer]})


def test_layers_in_blocks_count_towards_the_limit() -> None:
    wide = {"type": "residual", "layers": [{"type": "flatten"}] * 64}
    with pytest.raises(ValidationError, match="at most 256 layers with those in blocks, not 260"):
        ModelSpec.model_validate({"layers": [wide] * 4})
