"""The small network that docs/backpropagation.md follows: its numbers, computed by the engine."""

from dataclasses import dataclass

import numpy as np

from engine.memory import Array
from engine.network import Network
from engine.spec import DenseSpec

ROW, TARGET = np.array([[1.0, 0.5]]), np.array([[1.0]])
WEIGHTS = {
    "0.weight": np.array([[0.5, -0.4], [0.3, 0.8]]),
    "0.bias": np.array([0.0, 0.1]),
    "2.weight": np.array([[0.6, -0.2]]),
    "2.bias": np.array([0.1]),
}
FOLLOWED = ("0.weight", (0, 0))  # the weight from x1 to h1
ONE = np.ones(1)  # the weight of the row


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One forward and backward pass of the example.

    values and gradients: of x1, x2, h1, h2 and y. parameters: the gradient of each parameter, by its name.
    """

    loss: float
    values: dict[str, float]
    gradients: dict[str, float]
    parameters: dict[str, Array]


def example_network() -> Network:
    """Return the network with the weights of the page: 2 inputs, 2 units with tanh, 1 output."""
    layers = [DenseSpec(units=2, activation="tanh")]
    network = Network(layers, inputs=2, outputs=1, loss="mean_squared_error", precision="float64", input_gradient=True)
    network.load_torch_state(WEIGHTS)
    network.allocate(1, training=True)
    return network


def example_pass() -> Pass:
    """Run the example forward and backward, layer by layer, and keep what flows between the layers."""
    network = example_network()
    outputs, arriving = [ROW], list[Array]()
    network.resize(1)
    for layer in network.layers:
        outputs.append(layer.forward(outputs[-1].copy(), None).copy())
    dy = outputs[-1].copy()
    loss = network.loss(dy, TARGET, ONE)
    for layer in reversed(network.layers):
        arriving.append(dy.copy())
        dy = layer.backward(dy)
    values = np.concatenate([ROW[0], outputs[2][0], outputs[3][0]]).tolist()
    gradients = np.concatenate([dy[0], arriving[1][0], arriving[0][0]]).tolist()
    names = ("x1", "x2", "h1", "h2", "y")
    return Pass(
        loss=loss,
        values=dict(zip(names, values, strict=True)),
        gradients=dict(zip(names, gradients, strict=True)),
        parameters=network.parameters.views(network.parameters.gradients),
    )


def loss_at(weight: float) -> float:
    """Return the loss with another value of the followed weight."""
    network = example_network()
    name, index = FOLLOWED
    network.parameters.values[name][index] = weight
    return network.backpropagate(ROW, TARGET, ONE, None)


def losses_by_step(learning_rate: float, steps: int) -> list[float]:
    """Return the loss before each step of gradient descent, and after the last one."""
    network, losses = example_network(), list[float]()
    parameters = network.parameters
    for _ in range(steps + 1):
        losses.append(network.backpropagate(ROW, TARGET, ONE, None))
        parameters.vector[:] = parameters.vector - learning_rate * parameters.gradients
    return losses
