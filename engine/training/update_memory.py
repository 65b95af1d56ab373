"""What updates need beside parameters and gradients."""

from __future__ import annotations

from dataclasses import dataclass

from engine.memory import Array
from engine.network import Network
from engine.optimizers import build as optimizers
from engine.optimizers.line_search import LineSearch
from engine.optimizers.optimizer import Optimizer
from engine.spec import AveragingSpec, OptimizerSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMemory:
    """An optimizer with its vectors, and what accumulation and averaging need if they are wanted."""

    optimizer: Optimizer | LineSearch
    accumulated: Array | None  # a gradient
    average: Array | None  # of parameters and statistics

    @property
    def bytes(self) -> int:
        """How many of its bytes a checkpoint holds."""
        arrays = (*self.optimizer.state.values(), self.accumulated, self.average)
        return sum(array.nbytes for array in arrays if array is not None)


def allocate_update_memory(
    network: Network, spec: OptimizerSpec, *, accumulate: int = 1, averaging: AveragingSpec | None = None
) -> UpdateMemory:
    """Take it from the arena of a network whose gradients are allocated; the average begins at its weights."""
    parameters, arena = network.parameters, network.arena
    rule = optimizers.build(spec, parameters, arena)
    accumulates = accumulate > 1 or rule.full_batch
    return UpdateMemory(
        optimizer=rule,
        accumulated=arena.full((parameters.size,), network.dtype, 0) if accumulates else None,
        average=arena.copy(parameters.vector) if averaging else None,
    )
