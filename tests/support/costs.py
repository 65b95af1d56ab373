"""Estimate the cost of a network from its layers."""

from collections.abc import Sequence

from engine.cost import Cost, estimate_cost
from engine.memory import DryArena
from engine.network import Network
from engine.spec import LayerSpec, TrainingSpec


def cost_of(layers: Sequence[LayerSpec], inputs: int, outputs: int, training: TrainingSpec) -> Cost:
    """Return the estimate for a classifier."""
    network = Network(
        layers,
        inputs=inputs,
        outputs=outputs,
        loss="softmax_cross_entropy",
        precision=training.precision,
        arena=DryArena(),
    )
    return estimate_cost(network, training)
