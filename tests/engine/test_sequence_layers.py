"""Sequence layers: their gradients, what they compute, and how PyTorch's layers would take their weights."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layers.build import hidden_layers
from engine.layers.layer_id import ShapeError
from engine.layers.positional_encoding import sinusoids
from engine.memory import Arena, Array, Shape
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
def test_every_layer_agrees_with_the_complex_step(first: LayerSpec, time: int, features: int, rows: int) -> None:
    harness = LayerHarness([first], (time, features), complex, rows)
    x, dy = harness.numbers(rows, time, features), harness.numbers(rows, *harness.stack.output_shape)
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))
    assert_exact(dx, derivatives(harness, x, dy, x))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(middle=st.lists(attention | positions | tanh | residual, max_size=3), last=recurrent | attention)
def test_random_stacks_agree_with_the_complex_step(middle: list[LayerSpec], last: LayerSpec) -> None:
    harness = LayerHarness([EmbeddingSpec(vocabulary=5, units=4), *middle, last], (3,), complex)
    x = harness.rng.integers(0, 5, (3, 3)).astype(float)
    dy = harness.numbers(3, *harness.stack.output_shape)
    _, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))


@pytest.mark.parametrize("outputs", [(3, 5), 5])
def test_a_transformer_agrees_with_central_differences_of_its_loss(outputs: int | Shape) -> None:
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


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def test_an_lstm_is_what_the_textbook_says() -> None:
    harness = LayerHarness([LstmSpec(units=4, output="sequence")], (5, 2))
    x = harness.numbers(3, 5, 2)
    W, U, b, c0 = harness.parameters.values.values()
    h = c = np.zeros((3, 4))
    for t, found in enumerate(harness.run(x).swapaxes(0, 1)):
        i, f, g, o = np.split(x[:, t] @ W.T + b + h @ U.T + c0, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(found, h, rtol=1e-12)


def test_a_gru_is_what_the_textbook_says() -> None:
    harness = LayerHarness([GruSpec(units=4, output="sequence")], (5, 2))
    x = harness.numbers(3, 5, 2)
    W, U, b, b_state = harness.parameters.values.values()
    h = np.zeros((3, 4))
    for t, found in enumerate(harness.run(x).swapaxes(0, 1)):
        r, z, n = np.split(x[:, t] @ W.T + b, 3, axis=1)
        r_state, z_state, n_state = np.split(h @ U.T + b_state, 3, axis=1)
        n = np.tanh(n + sigmoid(r + r_state) * n_state)
        z = sigmoid(z + z_state)
        h = (1 - z) * n + z * h
        np.testing.assert_allclose(found, h, rtol=1e-12)


def test_attention_is_what_the_paper_says() -> None:
    harness = LayerHarness([AttentionSpec(heads=2)], (5, 4))
    x = harness.numbers(3, 5, 4)
    W, V, b, c = harness.parameters.values.values()
    q, k, v = np.split(x @ W.T + b, 3, axis=2)
    heads = []
    for part in (slice(0, 2), slice(2, 4)):
        scores = np.exp(q[..., part] @ k[..., part].swapaxes(1, 2) / np.sqrt(2))
        heads.append(scores / scores.sum(axis=2, keepdims=True) @ v[..., part])
    np.testing.assert_allclose(harness.run(x), np.concatenate(heads, axis=2) @ V.T + c, rtol=1e-12)


@pytest.mark.parametrize("kind", [LstmSpec, GruSpec])
def test_last_is_the_end_of_the_sequence_in_the_direction_of_reading(kind: type[LstmSpec | GruSpec]) -> None:
    ends: dict[Direction, int] = {"forward": -1, "backward": 0}
    for direction, end in ends.items():
        whole = LayerHarness([kind(units=4, output="sequence", direction=direction)], (5, 2))
        last = LayerHarness([kind(units=4, direction=direction)], (5, 2))
        x = whole.numbers(3, 5, 2)
        np.testing.assert_array_equal(last.run(x), whole.run(x)[:, end])


@pytest.mark.parametrize("kind", [LstmSpec, GruSpec])
def test_directions_are_mirror_images_and_lie_side_by_side(kind: type[LstmSpec | GruSpec]) -> None:
    probes = {way: LayerHarness([kind(units=4, output="sequence", direction=way)], (5, 2)) for way in WAYS}
    forward, backward, both = probes.values()
    for name, value in forward.parameters.values.items():
        for copy in (backward.parameters.values[name], both.parameters.values[name]):
            copy[:] = value
        both.parameters.values[f"{name}_reverse"][:] = value
    x = forward.numbers(3, 5, 2)
    np.testing.assert_array_equal(backward.run(x[:, ::-1].copy())[:, ::-1], forward.run(x))
    np.testing.assert_array_equal(both.run(x), np.concatenate([forward.run(x), backward.run(x)], axis=2))


def test_causal_attention_does_not_see_what_comes_later() -> None:
    harness = LayerHarness([AttentionSpec(heads=2, causal=True)], (6, 4))
    x = harness.numbers(3, 6, 4)
    before = harness.run(x)
    x[:, 4:] = 7
    np.testing.assert_allclose(harness.run(x)[:, :4], before[:, :4], rtol=1e-12)
    assert not np.isclose(harness.run(x)[:, 4:], before[:, 4:]).any()


def test_attention_without_positions_does_not_know_the_order() -> None:
    harness = LayerHarness([AttentionSpec(heads=2)], (6, 4))
    x, order = harness.numbers(3, 6, 4), np.random.default_rng(1).permutation(6)
    np.testing.assert_allclose(harness.run(x[:, order].copy()), harness.run(x)[:, order], rtol=1e-10)


def test_numbers_outside_of_the_vocabulary_count_as_the_nearest() -> None:
    harness = LayerHarness([EmbeddingSpec(vocabulary=5, units=2)], (4,), rows=1)
    W = harness.parameters.values["0.weight"]
    np.testing.assert_array_equal(harness.run(np.array([[-3.0, 4.0, 5.0, 3e38]]))[0], W[[0, 4, 4, 4]])


@pytest.mark.parametrize("units", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_of_equal_numbers_add_up(units: int, dtype: Any) -> None:
    harness = LayerHarness([EmbeddingSpec(vocabulary=5, units=units)], (4,), dtype, rows=2)
    x, dy = np.array([[1, 1, 4, 1], [0, 4, 1, 9]], dtype), harness.numbers(2, 4, units)
    expected = np.zeros((5, units), dtype)
    for index, part in zip(np.minimum(x, 4).astype(int).flat, dy.reshape(-1, units), strict=True):
        expected[index] += part
    np.testing.assert_allclose(harness.gradient(x, dy)[1].reshape(5, units), expected, rtol=1e-6)


def test_positions_are_waves_of_falling_frequency() -> None:
    table = sinusoids(50, 5)
    assert table.shape == (50, 5)
    np.testing.assert_array_equal(table[0], [0, 1, 0, 1, 0])
    np.testing.assert_allclose(
        table[7], [np.sin(7), np.cos(7), np.sin(7 / 1e4**0.4), np.cos(7 / 1e4**0.4), np.sin(7 / 1e4**0.8)]
    )


LAYERS: list[LayerSpec] = [
    LstmSpec(units=3, direction="bidirectional"),
    GruSpec(units=3, output="sequence"),
    AttentionSpec(heads=2, causal=True),
    PositionsSpec(),
    PositionsSpec(kind="learned"),
]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_predicting_and_training_compute_the_same_for_any_number_of_rows(layer: LayerSpec) -> None:
    harness = LayerHarness([layer], (4, 2), rows=6)
    other = hidden_layers([layer], (4, 2))
    other.bind(harness.parameters.values, None)
    other.allocate(Arena(), 6, np.dtype(np.float64), training=False)
    x = harness.numbers(6, 4, 2)
    whole = harness.run(x)
    for rows in (6, 2, 5, 6):
        harness.stack.resize(rows)
        other.resize(rows)
        np.testing.assert_allclose(harness.run(x[:rows]), whole[:rows], rtol=1e-12)
        for _ in range(2):
            np.testing.assert_allclose(other.forward(x[:rows], None), whole[:rows], rtol=1e-12)


@pytest.mark.parametrize("layer", [*LAYERS[:3], EmbeddingSpec(vocabulary=3, units=2)], ids=str)
def test_rows_of_the_wrong_shape_are_refused(layer: LayerSpec) -> None:
    with pytest.raises(ShapeError, match=r"takes|reads"):
        hidden_layers([layer], (2, 3, 4))


def test_features_that_heads_cannot_share_are_refused() -> None:
    with pytest.raises(ShapeError, match="5 features cannot be divided among 2 heads"):
        hidden_layers([AttentionSpec(heads=2)], (3, 5))


def test_lstms_forget_little_at_first() -> None:
    harness = LayerHarness([LstmSpec(units=3)], (4, 2))
    harness.stack.initialize(np.random.default_rng(0))
    values = harness.parameters.values
    np.testing.assert_array_equal(values["0.bias_ih_l0"], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    recurrent_weights = values["0.weight_hh_l0"][3:6]
    np.testing.assert_allclose(recurrent_weights @ recurrent_weights.T, np.eye(3), atol=1e-12)


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
def test_pytorch_is_told_how_to_build_the_same(layer: LayerSpec, code: str) -> None:
    (built,) = hidden_layers([layer], (4, 2)).layers
    assert built.torch_code() == code
    (definition,) = built.torch_definitions().values()
    assert definition.startswith(f"class {code.partition('(')[0]}(torch.nn.")
