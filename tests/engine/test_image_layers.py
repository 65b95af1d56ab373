"""Convolution, pooling, normalization, residual blocks: their derivatives, and what they compute."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.layers.layer_id import NETWORK, OUTPUT, ShapeError
from engine.memory import Array, Shape
from engine.network import Network
from engine.spec import (
    ActivationSpec,
    AveragePoolSpec,
    BatchNormSpec,
    Conv1dSpec,
    Conv2dSpec,
    DenseSpec,
    DropoutSpec,
    FlattenSpec,
    GlobalPoolSpec,
    LayerNormSpec,
    LayerSpec,
    MaxPoolSpec,
    ReshapeSpec,
    ResidualSpec,
)
from engine.streams import stream
from tests.support.layer_harness import LayerHarness, assert_exact, derivatives

sizes = st.integers(1, 3)
sides = st.integers(3, 6)
conv2d = st.builds(
    lambda channels, groups, **fields: Conv2dSpec(channels=channels * groups, groups=groups, **fields),
    channels=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    kernel=st.tuples(sizes, sizes),
    stride=st.tuples(sizes, sizes),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    bias=st.booleans(),
    activation=st.just("linear"),
)
conv1d = st.builds(
    lambda channels, groups, **fields: Conv1dSpec(channels=channels * groups, groups=groups, **fields),
    channels=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    kernel=sizes,
    stride=sizes,
    padding=st.integers(0, 2),
    bias=st.booleans(),
    activation=st.just("linear"),
)
pool = st.builds(
    lambda kind, kernel, stride, padded: kind(kernel=kernel, stride=stride, padding=kernel // 2 if padded else 0),
    kind=st.sampled_from([MaxPoolSpec, AveragePoolSpec]),
    kernel=sizes,
    stride=st.none() | sizes,
    padded=st.booleans(),
)
global_pool = st.builds(GlobalPoolSpec, function=st.sampled_from(["average", "max"]))
batch_norm = st.builds(BatchNormSpec)
layer_norm = st.builds(LayerNormSpec)


def assert_derivatives(harness: LayerHarness) -> None:
    """Compare all derivatives with complex steps."""
    x, dy = harness.inputs(), harness.outputs()
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.learned))
    assert_exact(dx, derivatives(harness, x, dy, x))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layer=conv2d | pool | global_pool | batch_norm, height=sides, width=sides, rows=st.integers(1, 3))
def test_every_layer_of_images_agrees_with_the_complex_step(
    layer: LayerSpec, height: int, width: int, rows: int
) -> None:
    assert_derivatives(LayerHarness([layer], (2, height, width), complex, rows + isinstance(layer, BatchNormSpec)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layer=conv1d | pool | global_pool | batch_norm | layer_norm, time=sides, rows=st.integers(1, 3))
def test_every_layer_of_neighbouring_moments_agrees_with_the_complex_step(
    layer: LayerSpec, time: int, rows: int
) -> None:
    assert_derivatives(LayerHarness([layer], (time, 4), complex, rows + isinstance(layer, BatchNormSpec)))


@pytest.mark.parametrize("layer", [BatchNormSpec(), LayerNormSpec(), DenseSpec(units=3, activation="gelu")])
@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_layers_of_features_agree_with_the_complex_step(layer: LayerSpec, shape: Shape) -> None:
    assert_derivatives(LayerHarness([layer], shape, complex))


smooth = st.builds(ActivationSpec, function=st.sampled_from(["linear", "tanh", "sigmoid", "silu", "gelu"]))
same = st.builds(Conv2dSpec, channels=st.just(2), padding=st.just("same"), activation=st.just("tanh"))
inside = st.lists(smooth | same | batch_norm, min_size=1, max_size=3).map(tuple)
skip = st.just(()) | st.just((Conv2dSpec(channels=2, kernel=1, activation="linear"), BatchNormSpec()))
residual = st.builds(ResidualSpec, layers=inside, projection=skip)
nested = st.builds(ResidualSpec, layers=st.lists(residual | smooth, min_size=1, max_size=2).map(tuple))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    middle=st.lists(smooth | same | batch_norm | residual | nested | pool, max_size=4),
    last=st.sampled_from([GlobalPoolSpec(), FlattenSpec(), ReshapeSpec(shape=(1, 1, 18))]),
)
def test_random_stacks_agree_with_the_complex_step(middle: list[LayerSpec], last: LayerSpec) -> None:
    layers: list[LayerSpec] = [ReshapeSpec(shape=(2, 3, 3)), *middle]
    kept = not any(isinstance(layer, MaxPoolSpec | AveragePoolSpec) for layer in middle)
    try:
        harness = LayerHarness([*layers, last if kept else GlobalPoolSpec()], (18,), complex)
    except ShapeError:
        return  # pooled away
    assert_derivatives(harness)


def convolve(x: Array, W: Array, b: Array, *, stride: Shape, padding: Shape, groups: int) -> Array:  # noqa: PLR0913 - the definition has them
    """The definition, number by number: x (channels, height, width), W (outputs, channels, i, j)."""
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
def test_convolution_is_its_definition(spec: Conv2dSpec, height: int, width: int) -> None:
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
def test_convolution_of_sequences_is_that_of_images_one_number_wide(spec: Conv1dSpec, time: int) -> None:
    harness = LayerHarness([spec], (time, 4))
    x, values = harness.inputs(), harness.parameters.values
    places: Any = {"stride": (spec.stride, 1), "padding": (spec.padding, 0), "groups": spec.groups}
    W, bias = values["0.layer.weight"], values.get("0.layer.bias", np.zeros(spec.channels))
    for row, found in zip(x, harness.run(x), strict=True):
        expected = convolve(row.T[:, :, None], W[..., None], bias, **places)
        np.testing.assert_allclose(found, expected[:, :, 0].T, rtol=1e-12, atol=1e-12)


def test_pooling_takes_the_largest_or_the_mean() -> None:
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    assert LayerHarness([MaxPoolSpec()], (1, 4, 4), rows=1).run(image).ravel().tolist() == [5, 7, 13, 15]
    assert LayerHarness([AveragePoolSpec()], (1, 4, 4), rows=1).run(image).ravel().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert (
        LayerHarness([MaxPoolSpec(kernel=3, stride=2, padding=1)], (1, 4, 4), rows=1).run(image - 99).max() == 15 - 99
    )


@pytest.mark.parametrize("layer", [MaxPoolSpec(kernel=3), MaxPoolSpec(kernel=2, stride=1)])
def test_of_equal_numbers_the_first_in_its_window_gets_the_gradient(layer: LayerSpec) -> None:
    harness = LayerHarness([layer], (1, 3, 3), rows=1)
    x = np.zeros((1, 3, 3, 1))
    dy = np.ones_like(harness.run(x))
    dx, _ = harness.gradient(x, dy)
    expected = np.zeros((3, 3))
    expected[: dy.shape[1], : dy.shape[2]] = 1
    np.testing.assert_array_equal(dx[0, :, :, 0], expected)


def test_the_largest_numbers_of_all_share_their_gradient() -> None:
    harness = LayerHarness([GlobalPoolSpec(function="max")], (3, 2), rows=1)
    dx, _ = harness.gradient(np.array([[[1.0, 5], [1, 2], [0, 3]]]), np.array([[4.0, 6]]))
    assert dx.tolist() == [[[2, 6], [2, 0], [0, 0]]]


@pytest.mark.parametrize("shape", [(3,), (4, 3), (3, 2, 4)])
def test_batch_norm_normalizes_by_the_batch_and_predicts_by_what_it_remembers(shape: Shape) -> None:
    harness = LayerHarness([BatchNormSpec(momentum=0.5)], shape, rows=50)
    harness.stack.initialize(harness.rng)
    x = 3 + 2 * harness.inputs()
    channel = {1: 1, 2: 2, 3: 0}[len(shape)]
    others = tuple(axis for axis in range(x.ndim) if axis != channel)
    for times in (1, 2):
        y = harness.run(x)
        np.testing.assert_allclose(y.mean(axis=others), 0, atol=1e-12)
        np.testing.assert_allclose(y.var(axis=others), 1, rtol=1e-4)
        _, _, mean, variance = harness.parameters.values.values()
        np.testing.assert_allclose(mean, (1 - 0.5**times) * x.mean(axis=others))
        np.testing.assert_allclose(variance, 0.5**times + (1 - 0.5**times) * x.var(axis=others, ddof=1))
    before = harness.parameters.vector.copy()
    y = harness.stack.forward(x, None)
    at = tuple(slice(None) if axis == channel else None for axis in range(x.ndim))
    np.testing.assert_allclose(y, (x - mean[at]) / np.sqrt(variance[at] + 1e-5), rtol=1e-10)
    np.testing.assert_array_equal(harness.parameters.vector, before)


def test_batch_norm_does_not_remember_a_batch_that_overflowed() -> None:
    harness = LayerHarness([BatchNormSpec()], (2,), np.float32)
    before = harness.parameters.vector.copy()
    with np.errstate(all="ignore"):
        harness.run(np.full((3, 2), 3e38, np.float32))
    np.testing.assert_array_equal(harness.parameters.vector, before)


def test_batch_norm_learns_nothing_of_the_spread_from_one_row() -> None:
    harness = LayerHarness([BatchNormSpec(momentum=1.0)], (2,), rows=2)
    harness.stack.initialize(harness.rng)
    harness.run(np.array([[0.0, 4.0], [2.0, 8.0]]))
    before = harness.parameters.vector.copy()
    harness.stack.resize(1)
    y = harness.run(np.array([[1.0, 6.0]]))
    np.testing.assert_allclose(y, 0, atol=1e-12)
    np.testing.assert_array_equal(harness.parameters.vector, before)


def test_an_untouched_residual_block_adds_its_input() -> None:
    harness = LayerHarness([ResidualSpec(layers=(DenseSpec(units=4, activation="relu"), DropoutSpec(rate=0.5)))], (4,))
    harness.parameters.vector[:] = 0
    x = harness.inputs()
    np.testing.assert_array_equal(harness.run(x), x)


def test_a_window_may_be_padded_on_one_side_only() -> None:
    harness = LayerHarness([MaxPoolSpec(kernel=(3, 1), stride=1, padding=(1, 0))], (1, 3, 1), rows=1)
    assert harness.run(np.array([1.0, 3, 2]).reshape(1, 3, 1, 1)).reshape(-1).tolist() == [3, 3, 3]
    with pytest.raises(ValidationError, match="along the same axis"):
        MaxPoolSpec(kernel=(3, 1), padding=(0, 1))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Conv2dSpec(channels=2)], r"layers\[0\] \(conv2d\): takes images"),
        ([Conv1dSpec(channels=2)], r"layers\[0\] \(conv1d\): takes sequences"),
        ([MaxPoolSpec()], "takes images or sequences"),
        ([GlobalPoolSpec()], "takes images or sequences"),
        ([ReshapeSpec(shape=(2, 2, 4))], "12 numbers"),
        ([ReshapeSpec(shape=(3, 2, 2)), Conv2dSpec(channels=2)], "a kernel of 3 does not fit on 2 numbers"),
        ([ReshapeSpec(shape=(3, 2, 2)), Conv2dSpec(channels=2, kernel=1, groups=2)], "3 channels cannot be divided"),
        ([ReshapeSpec(shape=(3, 2, 2)), DenseSpec(units=2)], "add a flatten layer before it"),
        ([ReshapeSpec(shape=(3, 2, 2)), LayerNormSpec()], "use batch_norm for images"),
        ([DenseSpec(units=1), LayerNormSpec()], "a single feature"),
        ([ResidualSpec(layers=(DenseSpec(units=5),))], r"make shape \[5\], but the input to add has shape \[12\]"),
        ([ResidualSpec(layers=(Conv2dSpec(channels=5),))], r"layers\[0\] \(residual\)\.layers\[0\] \(conv2d\)"),
    ],
)
def test_layers_that_do_not_fit_are_refused_by_name(layers: list[LayerSpec], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Network(layers, inputs=12, outputs=2, loss="softmax_cross_entropy", precision="float32")


def test_what_is_refused_is_pointed_at() -> None:
    block = NETWORK.child("layers", 3, "residual")
    assert ShapeError(block.child("layers", 12, "conv2d"), "").pointer == "/layers/3/layers/12"
    assert ShapeError(block.child("projection", 0, "conv2d"), "").pointer == "/layers/3/projection/0"
    assert ShapeError(OUTPUT, "").pointer == "/layers"


def test_statistics_go_with_the_weights() -> None:
    layers: list[LayerSpec] = [
        ReshapeSpec(shape=(1, 4, 4)),
        Conv2dSpec(channels=2, activation="linear", bias=False),
        BatchNormSpec(),
        ResidualSpec(layers=(ActivationSpec(), Conv2dSpec(channels=2, padding="same"))),
    ]
    network = Network(layers, inputs=16, outputs=2, loss="softmax_cross_entropy", precision="float32")
    network.initialize(stream(0, "init"))
    network.allocate(8, training=True)
    x = np.random.default_rng(0).standard_normal((8, 16)).astype(np.float32)
    network.forward(x, stream(0, "dropout"))
    state = network.torch_state()
    assert list(state) == [
        "1.weight", "2.weight", "2.bias", "3.body.1.weight", "3.body.1.bias", "5.weight", "5.bias",
        "2.running_mean", "2.running_var",
    ]  # fmt: skip
    twin = Network(layers, inputs=16, outputs=2, loss="softmax_cross_entropy", precision="float32")
    twin.load_torch_state({**state, "2.num_batches_tracked": np.array(1)})
    np.testing.assert_array_equal(twin.predict(x), network.predict(x))
    assert network.torch_code().endswith(
        "torch.nn.Sequential(torch.nn.Unflatten(1, (1, 4, 4)), torch.nn.Conv2d(1, 2, (3, 3), stride=(1, 1), "
        "padding=(0, 0), groups=1, bias=False), torch.nn.BatchNorm2d(2, eps=1e-05, momentum=0.1), "
        "Residual(torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Conv2d(2, 2, (3, 3), stride=(1, 1), padding=(1, 1), "
        "groups=1, bias=True), torch.nn.ReLU()), torch.nn.Sequential()), torch.nn.Flatten(), torch.nn.Linear(8, 2))"
    )
    assert network.torch_code().startswith("class Residual(torch.nn.Module):")
