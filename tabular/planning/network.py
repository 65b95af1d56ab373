"""The network that a plan describes."""

from collections.abc import Sequence

from engine.memory import DryArena
from engine.network import Network
from tabular.planning.layers.waves import place_waves
from tabular.planning.plan import Plan


def build_network(plan: Plan, width: int, wave_inputs: Sequence[int]) -> Network:
    """Return the planned network, for rows that preprocessing turns into `width` numbers.

    `wave_inputs`: those that waves are made of.
    """
    inputs, layers = width * plan.steps, place_waves(plan.layers, wave_inputs)
    return Network(layers, inputs=inputs, outputs=plan.outputs, loss=plan.loss, precision=plan.training.precision)


def build_without_memory(plan: Plan, inputs: int | None = None) -> Network:
    """Return the planned network without arrays, to read names and shapes; None: with the most inputs possible."""
    return Network(
        plan.layers,
        inputs=inputs or plan.inputs_at_most,
        outputs=plan.outputs,
        loss=plan.loss,
        precision=plan.training.precision,
        arena=DryArena(),
    )
