"""Run one mini-batch through a network, layer by layer, and let an observer look at what passes between the layers."""

from __future__ import annotations

from dataclasses import dataclass

from engine.memory import Array
from engine.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniBatch:
    """Rows as a training step takes them: x (rows, inputs), targets as the loss takes them, weights (rows,)."""

    x: Array
    targets: Array
    sample_weights: Array

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.x)


class Observer:
    """Looks at the arrays of a walk, which the next layer overwrites. Layers are counted as in `network.layers`."""

    def start(self) -> None:
        """The walk begins."""

    def forward(self, layer: int, outputs: Array) -> None:
        """A layer has computed its outputs (rows, *output_shape); images have rows last."""

    def loss(self, gradient: Array) -> None:
        """The loss has computed the gradient of the logits (rows, *output_shape)."""

    def arrives(self, layer: int, gradient: Array) -> None:
        """The gradient of a layer's outputs is about to enter it."""

    def leaves(self, layer: int, gradient: Array) -> None:
        """A layer has computed the gradient of its inputs; the gradients of its parameters are written."""


def walk(network: Network, batch: MiniBatch, observer: Observer) -> float:
    """Run the batch forward and backward without dropout; return its mean loss.

    The network needs working memory for training. Its gradient is overwritten, its parameters do not change.
    """
    network.resize(len(batch))
    observer.start()
    y = batch.x
    for index, layer in enumerate(network.layers):
        y = layer.forward(y, None)
        observer.forward(index, y)
    loss = network.loss(y, batch.targets, batch.sample_weights)
    observer.loss(y)
    for index in range(len(network.layers) - 1, network.sequential.first - 1, -1):
        observer.arrives(index, y)
        y = network.layers[index].backward(y)
        observer.leaves(index, y)
    return loss
