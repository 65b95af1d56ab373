"""LSTM and GRU match their formulas, in every direction."""

import numpy as np
import pytest

from engine.memory import Array
from engine.spec import (
    GruSpec,
    LstmSpec,
)
from engine.spec.sequence import Direction
from tests.support.layer_harness import LayerHarness

WAYS: list[Direction] = ["forward", "backward", "bidirectional"]


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def test_lstm_matches_the_textbook() -> None:
    harness = LayerHarness([LstmSpec(units=4, output="sequence")], (5, 2))
    x = harness.numbers(3, 5, 2)
    W, U, b, c0 = harness.parameters.values.values()
    h = c = np.zeros((3, 4))
    for t, found in enumerate(harness.run(x).swapaxes(0, 1)):
        i, f, g, o = np.split(x[:, t] @ W.T + b + h @ U.T + c0, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(found, h, rtol=1e-12)


def test_gru_matches_the_textbook() -> None:
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


@pytest.mark.parametrize("kind", [LstmSpec, GruSpec])
def test_output_last_is_the_final_state_in_the_given_direction(kind: type[LstmSpec | GruSpec]) -> None:
    ends: dict[Direction, int] = {"forward": -1, "backward": 0}
    for direction, end in ends.items():
        whole = LayerHarness([kind(units=4, output="sequence", direction=direction)], (5, 2))
        last = LayerHarness([kind(units=4, direction=direction)], (5, 2))
        x = whole.numbers(3, 5, 2)
        np.testing.assert_array_equal(last.run(x), whole.run(x)[:, end])


@pytest.mark.parametrize("kind", [LstmSpec, GruSpec])
def test_bidirectional_concatenates_both_directions(kind: type[LstmSpec | GruSpec]) -> None:
    probes = {way: LayerHarness([kind(units=4, output="sequence", direction=way)], (5, 2)) for way in WAYS}
    forward, backward, both = probes.values()
    for name, value in forward.parameters.values.items():
        for copy in (backward.parameters.values[name], both.parameters.values[name]):
            copy[:] = value
        both.parameters.values[f"{name}_reverse"][:] = value
    x = forward.numbers(3, 5, 2)
    np.testing.assert_array_equal(backward.run(x[:, ::-1].copy())[:, ::-1], forward.run(x))
    np.testing.assert_array_equal(both.run(x), np.concatenate([forward.run(x), backward.run(x)], axis=2))


def test_lstm_initialization_sets_the_forget_bias_to_one() -> None:
    harness = LayerHarness([LstmSpec(units=3)], (4, 2))
    harness.layers.initialize(np.random.default_rng(0))
    values = harness.parameters.values
    np.testing.assert_array_equal(values["0.bias_ih_l0"], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    recurrent_weights = values["0.weight_hh_l0"][3:6]
    np.testing.assert_allclose(recurrent_weights @ recurrent_weights.T, np.eye(3), atol=1e-12)
