"""Gradients agree with differences of the loss, for every layer, activation and loss."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.memory import Array, Shape
from engine.network import Network
from engine.spec import ActivationName, ActivationSpec, DenseSpec, DropoutSpec, LayerSpec, LossName
from engine.streams import stream
from tests.support.layer_harness import LayerHarness, assert_exact, derivatives

ACTIVATIONS = ["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softplus"]
KINKED = {"relu", "leaky_relu", "elu"}  # elu's second derivative jumps
LOSSES = ["softmax_cross_entropy", "sigmoid_cross_entropy", "mean_squared_error"]
STEP = 1e-5
TOLERANCE = 1e-6


def make_network(
    layers: Sequence[LayerSpec],
    inputs: int = 3,
    outputs: int = 2,
    loss: LossName = "softmax_cross_entropy",
    seed: int = 0,
) -> Network:
    network = Network(layers, inputs=inputs, outputs=outputs, loss=loss, precision="float64")
    rng = np.random.default_rng(seed)
    network.initialize(rng)
    network.parameters.learned[:] = rng.standard_normal(network.parameters.size) * 0.7
    network.allocate(16, training=True)
    return network


def make_targets(loss: LossName, rows: int, outputs: int, rng: np.random.Generator) -> Array:
    if loss == "softmax_cross_entropy":
        return rng.integers(0, outputs, rows)
    if loss == "sigmoid_cross_entropy":
        return rng.integers(0, 2, (rows, outputs)).astype(float)
    return rng.standard_normal((rows, outputs))


def distance_to_kink(network: Network, x: Array) -> float:
    """Return how close any input of a kinked activation is to zero."""
    closest, y = np.inf, x
    for layer in network.layers:
        if type(layer).__name__.lower().replace("leakyrelu", "leaky_relu") in KINKED:
            closest = min(closest, np.abs(y).min())
        y = layer.forward(y, None)
    return closest


def assert_gradients(network: Network, x: Array, targets: Array, sample_weights: Array) -> None:
    """Compare each partial derivative with a central difference of the mean loss."""

    def loss() -> float:
        return network.backpropagate(x, targets, sample_weights, stream(3, "dropout"))

    loss()
    analytic = network.parameters.gradients.copy()
    numeric = np.empty_like(analytic)
    vector = network.parameters.learned
    for index, value in enumerate(vector.copy()):
        vector[index] = value + STEP
        above = loss()
        vector[index] = value - STEP
        numeric[index] = (above - loss()) / (2 * STEP)
        vector[index] = value
    scale = np.abs(analytic).max()
    assert scale > 0
    np.testing.assert_allclose(analytic, numeric, rtol=TOLERANCE, atol=TOLERANCE * scale)


def case(  # noqa: PLR0913, PLR0917 - each has its default
    layers: Sequence[LayerSpec],
    loss: LossName,
    seed: int = 0,
    rows: int = 5,
    inputs: int = 3,
    outputs: int = 2,
) -> tuple[Network, Array, Array, Array]:
    """Return a network and a batch whose pre-activations keep away from kinks."""
    network = make_network(layers, inputs, outputs, loss, seed)
    for attempt in range(200):
        rng = np.random.default_rng([seed, attempt])
        x = rng.standard_normal((rows, inputs))
        network.forward(x)
        if distance_to_kink(network, x) > 20 * STEP:
            break
    else:
        raise AssertionError("no batch keeps away from the kinks")
    targets = network.loss.as_targets(make_targets(loss, rows, outputs, rng), network.dtype)
    weights = rng.random(rows) + 0.1
    return network, x, targets, weights / weights.sum()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss_has_the_gradient_of_its_loss(activation: ActivationName, loss: LossName) -> None:
    layers = [DenseSpec(units=4, activation=activation), DenseSpec(units=3, activation=activation)]
    assert_gradients(*case(layers, loss))


def test_dropout_has_the_gradient_of_its_mask() -> None:
    layers: list[LayerSpec] = [DropoutSpec(rate=0.3), DenseSpec(units=6, activation="tanh"), DropoutSpec(rate=0.5)]
    assert_gradients(*case(layers, "softmax_cross_entropy"))


dense = st.builds(DenseSpec, units=st.integers(1, 5), activation=st.sampled_from(ACTIVATIONS))
dropout = st.builds(DropoutSpec, rate=st.sampled_from([0.0, 0.25, 0.6]))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    layers=st.lists(dense | dropout, max_size=4),
    loss=st.sampled_from(LOSSES),
    rows=st.integers(1, 6),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 3),
)
def test_random_stacks_have_the_gradient_of_their_loss(
    layers: Sequence[LayerSpec], loss: LossName, rows: int, inputs: int, outputs: int
) -> None:
    if loss == "softmax_cross_entropy":
        outputs += 1  # a single class has no gradient
    network, x, targets, sample_weights = case(layers, loss, rows=rows, inputs=inputs, outputs=outputs)
    assert_gradients(network, x, targets, sample_weights)


@pytest.mark.parametrize("activation", ["linear", "tanh", "sigmoid", "silu", "gelu"])
@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_analytic_activations_agree_with_the_complex_step(activation: ActivationName, shape: Shape) -> None:
    """A complex step has no cancellation: the agreement is to the last digits."""
    harness = LayerHarness(
        [DenseSpec(units=4, activation=activation), ActivationSpec(function=activation)], shape, complex
    )
    x, dy = harness.inputs(), harness.outputs()
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))
    assert_exact(dx, derivatives(harness, x, dy, x))


def test_the_first_learning_layer_computes_no_input_gradient() -> None:
    network = make_network([DropoutSpec(rate=0.1), DenseSpec(units=4), DenseSpec(units=4)])
    dense_layers = [network.layers[index] for index in network.trainable]
    assert [layer.passes_gradient for layer in dense_layers] == [False, True, True]
    assert not hasattr(dense_layers[0], "dx")
