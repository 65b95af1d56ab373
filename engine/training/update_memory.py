"""The memory that parameter updates need beside parameters and gradients."""

from __future__ import annotations

from dataclasses import dataclass

from engine.memory import Array
from engine.network import Network
from engine.optimizers import build as optimizers
from engine.optimizers.line_search import LineSearch
from engine.optimizers.optimizer import Optimizer
from engine.spec import TrainingSpec
from engine.training.learning_rates import set_penalty_factors, set_rate_factors


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMemory:
    """An optimizer with its state, and the vectors for gradient accumulation and parameter averaging if used."""

    optimizer: Optimizer | LineSearch
    accumulated_gradient: Array | None
    averaged_parameters: Array | None  # parameters and statistics

    @property
    def bytes(self) -> int:
        """The bytes of this memory that a checkpoint stores."""
        arrays = (*self.optimizer.state.values(), self.accumulated_gradient, self.averaged_parameters)
        return sum(array.nbytes for array in arrays if array is not None)


def allocate_update_memory(network: Network, spec: TrainingSpec) -> UpdateMemory:
    """Allocate from the arena of a network that has gradients. The average starts at the network's weights."""
    parameters, arena = network.parameters, network.arena
    set_rate_factors(network, spec.learning_rate_factors)
    set_penalty_factors(network, spec.regularization)
    optimizer = optimizers.build(spec.optimizer, parameters, arena)
    accumulates = spec.accumulate > 1 or optimizer.full_batch
    return UpdateMemory(
        optimizer=optimizer,
        accumulated_gradient=arena.full((parameters.size,), network.dtype, 0) if accumulates else None,
        averaged_parameters=arena.copy(parameters.vector) if spec.averaging else None,
    )
