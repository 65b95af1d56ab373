"""Convolutions of images and sequences match their definition."""

from itertools import product
from typing import Any

import numpy as np
from hypothesis import given, settings

from engine.memory import Array, Shape
from engine.spec import (
    Conv1dSpec,
    Conv2dSpec,
)
from tests.support.layer_harness import LayerHarness
from tests.support.layer_strategies import conv1d, conv2d, sides


def convolve(x: Array, W: Array, b: Array, *, stride: Shape, padding: Shape, groups: int) -> Array:  # noqa: PLR0913 - the definition has them
    """Convolve number by number: x (channels, height, width), W (outputs, channels, i, j)."""
    x = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    outputs, channels, *kernel = W.shape
    places = [(side - size) // step + 1 for side, size, step in zip(x.shape[1:], kernel, stride, strict=True)]
    y = np.empty((outputs, *places))
    for o, r, q in product(range(outputs), *map(range, places)):
        first = o // (outputs // groups) * channels
        window = x[first : first + channels, r * stride[0] :, q * stride[1] :][:, : kernel[0], : kernel[1]]
        y[o, r, q] = (window * W[o]).sum() + b[o]
    return y


@settings(max_examples=30, deadline=None, derandomize=True)
@given(spec=conv2d, height=sides, width=sides)
def test_convolution_matches_its_definition(spec: Conv2dSpec, height: int, width: int) -> None:
    harness = LayerHarness([spec], (2, height, width))
    x, values = harness.inputs(), harness.parameters.values
    found = harness.run(x)
    bias = values.get("0.bias", np.zeros(spec.channels))
    places: Any = {"stride": spec.stride, "padding": spec.padding, "groups": spec.groups}
    for row in range(harness.rows):
        expected = convolve(x[..., row], values["0.weight"], bias, **places)
        np.testing.assert_allclose(found[..., row], expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(spec=conv1d, time=sides)
def test_conv1d_equals_conv2d_on_images_of_width_one(spec: Conv1dSpec, time: int) -> None:
    harness = LayerHarness([spec], (time, 4))
    x, values = harness.inputs(), harness.parameters.values
    places: Any = {"stride": (spec.stride, 1), "padding": (spec.padding, 0), "groups": spec.groups}
    W, bias = values["0.layer.weight"], values.get("0.layer.bias", np.zeros(spec.channels))
    for row, found in zip(x, harness.run(x), strict=True):
        expected = convolve(row.T[:, :, None], W[..., None], bias, **places)
        np.testing.assert_allclose(found, expected[:, :, 0].T, rtol=1e-12, atol=1e-12)
