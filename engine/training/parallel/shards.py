"""The gradient of a batch as a sum over its shards, in an order that does not depend on who computes which shard.

    a batch of 8 shards               sum
    0 1 2 3 4 5 6 7                   ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))

Floating-point sums depend on their order, so the order is a fixed binary tree. Each of P processes computes one subtree
of it, and P is a power of two. So 1, 2, 4 or 8 processes give the same bits.
"""

from __future__ import annotations

import numpy as np

from engine.memory import Array
from engine.network import Network
from engine.spec import TrainingSpec

Batch = tuple[Array, Array, Array]


class ShardedNetwork:
    """A network that computes the gradient of a batch shard by shard.

    The sums on the way need one vector as long as the gradient for each level of the tree.
    """

    def __init__(self, network: Network, shards: int) -> None:
        self.network, self.shards = network, shards
        levels = tree_levels(shards)
        self._sums = [network.arena.empty(network.parameters.gradients.shape, network.dtype) for _ in range(levels)]

    def backpropagate(self, batch: Batch, key: int, first: int, stop: int) -> float:
        """Write the gradient of the shards from `first` to before `stop`; return their part of the mean loss.

        The range is a subtree: its length is a power of two and divides `first`. `key` seeds the masks of dropout.
        """
        if stop - first == 1:
            return self._one_shard(batch, key, first)
        middle, gradients = (first + stop) // 2, self.network.parameters.gradients
        left = self._sums[tree_levels(stop - first) - 1]
        loss = self.backpropagate(batch, key, first, middle)
        left[:] = gradients
        loss += self.backpropagate(batch, key, middle, stop)
        np.add(left, gradients, out=gradients)
        return loss

    def _one_shard(self, batch: Batch, key: int, shard: int) -> float:
        x, targets, sample_weights = batch
        start, stop = shard * len(x) // self.shards, (shard + 1) * len(x) // self.shards
        if start == stop:
            self.network.parameters.gradients.fill(0)
            return 0.0
        part = slice(start, stop)
        return self.network.backpropagate(x[part], targets[part], sample_weights[part], shard_stream(key, shard))


def shard_stream(key: int, shard: int) -> np.random.Generator:
    """Return the random stream of a shard: a counter-based generator with a key of its own (Salmon et al., 2011)."""
    return np.random.Generator(np.random.Philox(key=np.array([key, shard], np.uint64)))


def tree_levels(shards: int) -> int:
    """Return how many sums lie between a shard and the whole batch."""
    return shards.bit_length() - 1


def gradient_vectors(spec: TrainingSpec) -> int:
    """Return how many vectors as long as the gradient the sums of a process need at most."""
    return 0 if spec.processes is None else tree_levels(spec.shards)
