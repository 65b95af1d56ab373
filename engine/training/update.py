"""One update: from the gradients of one or several batches to changed parameters."""

from __future__ import annotations

import math

import numpy as np

from engine.batches import Batches
from engine.memory import Array
from engine.network import Network
from engine.optimizers.line_search import LineSearch
from engine.spec import TrainingSpec
from engine.training.clipping import clips
from engine.training.regularization import MaxNorm, Penalty
from engine.training.state import TrainingState


class Update:
    """What happens between a batch's gradient and the next forward, in the order of the methods."""

    def __init__(self, network: Network, spec: TrainingSpec, state: TrainingState, batches: Batches) -> None:
        parameters, wanted = network.parameters, spec.regularization
        self.parameters, self.state, self.batches = parameters, state, batches
        self.group = batches.count if state.optimizer.full_batch else spec.accumulate
        views = parameters.views(parameters.gradients)
        self.frozen = [views[name] for name in parameters.frozen]
        self.penalty = Penalty(wanted, parameters, state.optimizer.scratch) if wanted.l1 or wanted.l2 else None
        self.clips = clips(spec, network)
        self.max_norm = MaxNorm(wanted.max_norm, parameters) if wanted.max_norm is not None else None
        self.averaging = spec.averaging

    @property
    def per_epoch(self) -> int:
        """The number of updates in an epoch."""
        return -(-self.batches.count // self.group)

    def collect(self, batch: int) -> bool:
        """Take in the gradient of a batch; say whether the gradient is now that of all rows of an update.

        With accumulation it is until then the sum over the batches so far, each by its part of the update's rows.
        """
        for gradient in self.frozen:
            gradient.fill(0)
        complete = self.group == 1 or self._accumulate(batch)
        if complete and self.penalty:
            self.penalty.add_gradient()
        return complete

    def norm(self) -> float:
        """Return the length of the gradient."""
        gradients = self.parameters.gradients
        return math.sqrt(gradients.dot(gradients))

    def clip(self) -> None:
        """Make the gradient smaller where it is too large."""
        for clip in self.clips:
            clip()

    def apply(self, learning_rate: float, loss: float) -> None:
        """Change the parameters, and what follows from them. `loss` is the mean over the update's rows."""
        state = self.state
        state.step += 1
        match state.optimizer:
            case LineSearch() as search:
                search.search(learning_rate, loss + (self.penalty.loss() if self.penalty else 0.0))
            case optimizer:
                optimizer.step(learning_rate, state.step)
        if self.max_norm:
            self.max_norm.apply()
        if self.averaging and state.average is not None:
            self._average(state.average, min(self.averaging.decay, (1 + state.step) / (10 + state.step)))

    def _accumulate(self, batch: int) -> bool:
        state, gradients = self.state, self.parameters.gradients
        first = batch - batch % self.group
        last = min(first + self.group, self.batches.count) - 1
        np.multiply(gradients, self._rows(batch, batch) / self._rows(first, last), out=gradients)
        if state.accumulated is None:
            raise ValueError("the state was not made for accumulation")
        if batch > first:
            np.add(gradients, state.accumulated, out=gradients)
        if batch < last:
            state.accumulated[:] = gradients
        return batch == last

    def _rows(self, first: int, last: int) -> int:
        size = self.batches.batch_size
        return min((last + 1) * size, self.batches.rows) - first * size

    def _average(self, average: Array, decay: float) -> None:
        """Move the average towards the parameters."""
        vector, scratch = self.parameters.vector, self.state.optimizer.scratch
        for start in range(0, vector.size, scratch.size):
            a, p = average[start : start + scratch.size], vector[start : start + scratch.size]
            way = np.subtract(p, a, out=scratch[: p.size])
            np.add(a, np.multiply(way, 1 - decay, out=way), out=a)
