"""Layers for sequences: gradients, shapes, memory and PyTorch code."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layers.build import hidden_layers
from engine.layers.layer_id import ShapeError
from engine.memory import Arena, Shape
from engine.network import Network
from engine.spec import (
    AttentionSpec,
    DenseSpec,
    EmbeddingSpec,
    GruSpec,
    LayerSpec,
    LstmSpec,
    PositionsSpec,
    ResidualSpec,
)
from engine.spec.sequence import Direction
from tests.support.layer_harness import LayerHarness, assert_exact, derivatives

WAYS: list[Direction] = ["forward", "backward", "bidirectional"]


recurrent = st.builds(
    lambda kind, **fields: kind(**fields),
    kind=st.sampled_from([LstmSpec, GruSpec]),
    units=st.integers(1, 4),
    output=st.sampled_from(["last", "sequence"]),
    direction=st.sampled_from(WAYS),
)


attention = st.builds(AttentionSpec, heads=st.sampled_from([1, 2]), causal=st.booleans())


positions = st.builds(PositionsSpec, kind=st.sampled_from(["sinusoidal", "learned"]))


tanh = st.builds(DenseSpec, units=st.just(4), activation=st.just("tanh"))


residual = st.builds(lambda layer: ResidualSpec(layers=(layer,)), attention | tanh)


sequences = st.builds(lambda layer: layer.model_copy(update={"output": "sequence"}), recurrent)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    first=recurrent | st.builds(AttentionSpec, heads=st.just(1)) | positions,
    time=st.integers(1, 5),
    features=st.integers(1, 4),
    rows=st.integers(1, 4),
)
def test_sequence_layers_agree_with_the_complex_step(first: LayerSpec, time: int, features: int, rows: int) -> None:
    harness = LayerHarness([first], (time, features), complex, rows)
    x, dy = harness.numbers(rows, time, features), harness.numbers(rows, *harness.layers.output_shape)
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))
    assert_exact(dx, derivatives(harness, x, dy, x))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(middle=st.lists(attention | positions | tanh | residual, max_size=3), last=recurrent | attention)
def test_random_layers_agree_with_the_complex_step(middle: list[LayerSpec], last: LayerSpec) -> None:
    harness = LayerHarness([EmbeddingSpec(vocabulary=5, units=4), *middle, last], (3,), complex)
    x = harness.rng.integers(0, 5, (3, 3)).astype(float)
    dy = harness.numbers(3, *harness.layers.output_shape)
    _, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))


@pytest.mark.parametrize("outputs", [(3, 5), 5])
def test_a_transformer_agrees_with_central_differences(outputs: int | Shape) -> None:
    step = 1e-5
    layers: list[LayerSpec] = [
        EmbeddingSpec(vocabulary=5, units=4),
        PositionsSpec(kind="learned"),
        ResidualSpec(layers=(AttentionSpec(heads=2), DenseSpec(units=4, activation="gelu"))),
        LstmSpec(units=4, output="sequence", direction="backward"),
        GruSpec(units=3, output="sequence"),
    ]
    network = Network(layers, inputs=3, outputs=outputs, loss="softmax_cross_entropy", precision="float64")
    rng = np.random.default_rng(1)
    vector = network.parameters.vector
    vector[:] = rng.standard_normal(vector.size) * 0.5
    network.allocate(4, training=True)
    x, y = rng.integers(0, 5, (4, 3)).astype(float), rng.integers(0, 5, (4, *network.output_shape[:-1]))
    sample_weights = np.array([0.1, 0.2, 0.3, 0.4])

    def loss() -> float:
        return network.backpropagate(x, y, sample_weights, rng)

    loss()
    analytic, numeric = network.parameters.gradients.copy(), np.empty_like(vector)
    for index, value in enumerate(vector.copy()):
        vector[index] = value + step
        above = loss()
        vector[index] = value - step
        numeric[index] = (above - loss()) / (2 * step)
        vector[index] = value
    np.testing.assert_allclose(analytic, numeric, rtol=1e-6, atol=1e-6 * np.abs(analytic).max())


LAYERS: list[LayerSpec] = [
    LstmSpec(units=3, direction="bidirectional"),
    GruSpec(units=3, output="sequence"),
    AttentionSpec(heads=2, causal=True),
    PositionsSpec(),
    PositionsSpec(kind="learned"),
]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_inference_and_training_memory_give_the_same_results(layer: LayerSpec) -> None:
    harness = LayerHarness([layer], (4, 2), rows=6)
    other = hidden_layers([layer], (4, 2))
    other.bind(harness.parameters.values, None)
    other.allocate(Arena(), 6, np.dtype(np.float64), training=False)
    x = harness.numbers(6, 4, 2)
    whole = harness.run(x)
    for rows in (6, 2, 5, 6):
        harness.layers.resize(rows)
        other.resize(rows)
        np.testing.assert_allclose(harness.run(x[:rows]), whole[:rows], rtol=1e-12)
        for _ in range(2):
            np.testing.assert_allclose(other.forward(x[:rows], None), whole[:rows], rtol=1e-12)


@pytest.mark.parametrize("layer", [*LAYERS[:3], EmbeddingSpec(vocabulary=3, units=2)], ids=str)
def test_rows_of_the_wrong_shape_raise_a_shape_error(layer: LayerSpec) -> None:
    with pytest.raises(ShapeError, match=r"takes|reads"):
        hidden_layers([layer], (2, 3, 4))


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        (LstmSpec(units=3), "LSTM(2, 3, last=True)"),
        (GruSpec(units=3, output="sequence", direction="bidirectional"), "GRU(2, 3, last=False, bidirectional=True)"),
        (AttentionSpec(heads=2, causal=True), "Attention(2, 2, causal=True)"),
        (PositionsSpec(), "SinusoidalPositions(4, 2)"),
        (PositionsSpec(kind="learned"), "LearnedPositions(4, 2)"),
    ],
    ids=str,
)
def test_torch_code_and_definitions_name_the_same_class(layer: LayerSpec, code: str) -> None:
    (built,) = hidden_layers([layer], (4, 2)).layers
    assert built.torch_code() == code
    (definition,) = built.torch_definitions().values()
    assert definition.startswith(f"class {code.partition('(')[0]}(torch.nn.")
