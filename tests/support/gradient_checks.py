"""Networks and batches for gradient checks by central differences."""

from collections.abc import Sequence
from typing import get_args

import numpy as np

from engine.memory import Array
from engine.network import Network
from engine.spec import ActivationName, LayerSpec, LossName
from engine.streams import stream

ACTIVATIONS: tuple[ActivationName, ...] = get_args(ActivationName)


KINKED = {"relu", "leaky_relu", "elu", "selu"}  # the second derivative of elu is not continuous


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
    """Return the smallest distance of an input of a kinked activation from zero."""
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
    """Return a network and a batch whose pre-activations are not close to kinks."""
    network = make_network(layers, inputs, outputs, loss, seed)
    for attempt in range(200):
        rng = np.random.default_rng([seed, attempt])
        x = rng.standard_normal((rows, inputs))
        network.forward(x)
        if distance_to_kink(network, x) > 20 * STEP:
            break
    else:
        raise AssertionError("every batch is close to a kink")
    targets = network.loss.as_targets(make_targets(loss, rows, outputs, rng), network.dtype)
    weights = rng.random(rows) + 0.1
    return network, x, targets, weights / weights.sum()
