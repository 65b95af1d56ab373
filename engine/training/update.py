"""One parameter update: from the gradients of one or several batches to new parameters."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine.batches import Batches
from engine.memory import Array
from engine.network import Network
from engine.optimizers.line_search import LineSearch
from engine.parameters import squared_norm
from engine.spec import TrainingSpec
from engine.training.clipping import gradient_clippers
from engine.training.fine_tuning import last_change
from engine.training.regularization import MaxNorm, Penalty
from engine.training.state import TrainingState


class ParameterUpdate:
    """The steps between a batch's backward pass and the next forward pass. The methods are called in this order."""

    def __init__(self, network: Network, spec: TrainingSpec, state: TrainingState, batches: Batches) -> None:
        parameters, wanted = network.parameters, spec.regularization
        self.parameters, self.state, self.batches = parameters, state, batches
        self.batches_per_update = batches.count if state.optimizer.full_batch else spec.accumulate
        views = parameters.views(parameters.gradients)
        self.frozen = [views[name] for name in parameters.frozen]
        self.penalty = Penalty(wanted, parameters, state.optimizer.scratch) if wanted.l1 or wanted.l2 else None
        self.clippers = gradient_clippers(spec, network)
        self.max_norm = MaxNorm(wanted.max_norm, parameters) if wanted.max_norm is not None else None
        self.averaging = spec.averaging
        origin = self.steps_per_epoch * last_change(spec, state.epoch)
        self._step = _step_function(state, self.penalty, origin)

    @property
    def steps_per_epoch(self) -> int:
        """The number of updates in an epoch."""
        return -(-self.batches.count // self.batches_per_update)

    def add_gradient(self, batch: int) -> bool:
        """Add a batch's gradient to the current update. Return whether the update's gradient is now complete.

        With accumulation, the gradient is a sum over the update's batches, weighted by their share of its rows.
        """
        for gradient in self.frozen:
            gradient.fill(0)
        complete = self.batches_per_update == 1 or self._accumulate(batch)
        if complete and self.penalty:
            self.penalty.add_gradient()
        return complete

    def gradient_norm(self) -> float:
        """Return the Euclidean norm of the gradient."""
        return math.sqrt(squared_norm(self.parameters.gradients))

    def clip(self) -> None:
        """Clip the gradient as the spec says."""
        for clip in self.clippers:
            clip()

    def apply(self, learning_rate: float, loss: float) -> None:
        """Change the parameters. `loss` is the mean over the update's rows; only a line search uses it."""
        state = self.state
        state.step += 1
        self._step(learning_rate, loss)
        if self.max_norm:
            self.max_norm.apply()
        if self.averaging and state.averaged_parameters is not None:
            decay = min(self.averaging.decay, (1 + state.step) / (10 + state.step))
            self._average(state.averaged_parameters, decay)

    def _accumulate(self, batch: int) -> bool:
        accumulated, gradients = self.state.accumulated_gradient, self.parameters.gradients
        first = batch - batch % self.batches_per_update
        last = min(first + self.batches_per_update, self.batches.count) - 1
        np.multiply(gradients, self._row_count(batch, batch) / self._row_count(first, last), out=gradients)
        if accumulated is None:
            raise ValueError("The training state has no memory for gradient accumulation.")
        if batch > first:
            np.add(gradients, accumulated, out=gradients)
        if batch < last:
            accumulated[:] = gradients
        return batch == last

    def _row_count(self, first_batch: int, last_batch: int) -> int:
        size = self.batches.batch_size
        return min((last_batch + 1) * size, self.batches.rows) - first_batch * size

    def _average(self, average: Array, decay: float) -> None:
        """Move the average toward the parameters, block by block."""
        vector, scratch = self.parameters.vector, self.state.optimizer.scratch
        for start in range(0, vector.size, scratch.size):
            a, p = average[start : start + scratch.size], vector[start : start + scratch.size]
            difference = np.subtract(p, a, out=scratch[: p.size])
            np.add(a, np.multiply(difference, 1 - decay, out=difference), out=a)


def _step_function(state: TrainingState, penalty: Penalty | None, origin: int) -> Callable[[float, float], None]:
    """Return the function of learning rate and loss that lets the optimizer change the parameters.

    `origin`: the step of the run after which the optimizer started.
    """
    match state.optimizer:
        case LineSearch() as search:
            return lambda learning_rate, loss: search.search(learning_rate, loss + (penalty.loss() if penalty else 0.0))
        case optimizer:
            return lambda learning_rate, _: optimizer.step(learning_rate, state.step - origin)
