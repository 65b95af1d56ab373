"""Derivatives of layers for images and features agree with complex steps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layers.layer_id import ShapeError
from engine.memory import Shape
from engine.spec import (
    ActivationSpec,
    AveragePoolSpec,
    BatchNormSpec,
    Conv2dSpec,
    DenseSpec,
    FlattenSpec,
    GlobalPoolSpec,
    LayerNormSpec,
    LayerSpec,
    MaxPoolSpec,
    PeriodicEmbeddingSpec,
    ReshapeSpec,
    ResidualSpec,
    ScaleSpec,
)
from tests.support.layer_harness import LayerHarness, assert_derivatives
from tests.support.layer_strategies import batch_norm, conv1d, conv2d, global_pool, layer_norm, pool, sides


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layer=conv2d | pool | global_pool | batch_norm, height=sides, width=sides, rows=st.integers(1, 3))
def test_image_layers_agree_with_the_complex_step(layer: LayerSpec, height: int, width: int, rows: int) -> None:
    assert_derivatives(LayerHarness([layer], (2, height, width), complex, rows + isinstance(layer, BatchNormSpec)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layer=conv1d | pool | global_pool | batch_norm | layer_norm, time=sides, rows=st.integers(1, 3))
def test_window_layers_on_sequences_agree_with_the_complex_step(layer: LayerSpec, time: int, rows: int) -> None:
    assert_derivatives(LayerHarness([layer], (time, 4), complex, rows + isinstance(layer, BatchNormSpec)))


PARAMETRIC = ActivationSpec(function="silu", parametric=True)


@pytest.mark.parametrize(
    "layer", [BatchNormSpec(), LayerNormSpec(), ScaleSpec(), PARAMETRIC, DenseSpec(units=3, activation="gelu")]
)
@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_feature_layers_agree_with_the_complex_step(layer: LayerSpec, shape: Shape) -> None:
    assert_derivatives(LayerHarness([layer], shape, complex))


def test_periodic_embeddings_agree_with_the_complex_step() -> None:
    layers = [DenseSpec(units=4, activation="tanh"), PeriodicEmbeddingSpec(columns=(1, 3), frequencies=3, size=2)]
    assert_derivatives(LayerHarness(layers, (3,), complex))


smooth = st.builds(ActivationSpec, function=st.sampled_from(["linear", "tanh", "sigmoid", "silu", "mish", "gelu"]))


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
def test_random_layers_agree_with_the_complex_step(middle: list[LayerSpec], last: LayerSpec) -> None:
    layers: list[LayerSpec] = [ReshapeSpec(shape=(2, 3, 3)), *middle]
    kept = not any(isinstance(layer, MaxPoolSpec | AveragePoolSpec) for layer in middle)
    try:
        harness = LayerHarness([*layers, last if kept else GlobalPoolSpec()], (18,), complex)
    except ShapeError:
        return  # pooled away
    assert_derivatives(harness)
