"""Rows in mini-batches: one random order per epoch, gathered in chunks, handed out as slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.memory import Arena, Array
from engine.network import Network

CHUNK_BYTES = 1 << 18  # rows gathered at a time: half of a small second-level cache
MAX_CHUNK = 64  # batches gathered at a time: their views are kept


@dataclass(frozen=True, slots=True)
class Rows:
    """Examples: `x: (rows, inputs)`, `y` as the loss wants it, `weights: (rows,)` from 0 up, or all 1."""

    x: Array
    y: Array
    sample_weights: Array | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.x)


def check_rows(rows: Rows, network: Network) -> Rows:
    """Return the rows as arrays that the network takes without conversion, weights filled in.

    Raises:
        ValueError: shapes, values or lengths do not fit the network.
    """
    if rows.x.ndim != 2 or rows.x.shape[1] != network.inputs:
        raise ValueError(f"x must have shape (rows, {network.inputs}), not {rows.x.shape}")
    given = rows.sample_weights
    weights = np.ones(len(rows)) if given is None else np.ascontiguousarray(given, np.float64)
    if len(rows.y) != len(rows) or weights.shape != (len(rows),):
        raise ValueError(f"{len(rows)} rows, {len(rows.y)} targets, {weights.size} weights")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not ((weights >= 0).all() and 0 < total < np.inf):  # also false for NaN
        raise ValueError("weights must be numbers from 0 up whose sum is finite and above 0")
    x = np.ascontiguousarray(rows.x, network.dtype)
    return Rows(x, network.loss.as_targets(rows.y, network.dtype), weights)


class Batches:
    """One epoch's order over checked rows; the last batch may be short.

    Shuffled rows are gathered a few batches at a time, into memory that stays in cache, and the views on the
    batches in it are made once. Rows in their own order are handed out as they lie.

    A row's share in the mean of its batch is its weight over the batch's size and over the mean weight of all
    rows. So the mean of the batches' means, weighted by size, is the weighted mean of all rows, and a
    rare class with a large weight pulls equally hard from whatever batch it falls in.
    """

    def __init__(self, rows: Rows, batch_size: int, *, shuffled: bool) -> None:
        if rows.sample_weights is None:
            raise ValueError("rows must be checked first")
        self.rows = len(rows)
        self.x = rows.x
        self.count = -(-len(rows) // batch_size)
        self.batch_size = batch_size
        sample_weights = (rows.sample_weights / (rows.sample_weights.mean() * batch_size)).astype(rows.x.dtype)
        self._source = (rows.x, rows.y, sample_weights)
        self._at_hand = range(self.count)  # the batches that can be handed out as views
        self._gathered = self._source
        if shuffled:
            self._at_hand = range(0)
            self._gathered = self._allocate()
            self._order = np.arange(len(rows))
            self._views = [self._view(index) for index in range(len(self._gathered[0]) // batch_size)]
        else:
            self._enlarge_last_shares(len(rows))

    def shuffle(self, rng: np.random.Generator) -> None:
        """Bring all rows into a new random order, which depends on the stream's position only."""
        self._order[:] = np.arange(self.rows)
        rng.shuffle(self._order)
        self._at_hand = range(0)

    def __getitem__(self, index: int) -> tuple[Array, Array, Array]:
        """Return batch `index` as views: x, targets, and the rows' sample_weights in the batch's mean."""
        if self._gathered is self._source:
            return self._view(index)
        if index not in self._at_hand:
            self._gather(index)
        x, targets, sample_weights = self._views[index - self._at_hand.start]
        size = self.rows - index * self.batch_size
        if size < self.batch_size:
            return x[:size], targets[:size], sample_weights[:size]
        return x, targets, sample_weights

    def _view(self, index: int) -> tuple[Array, Array, Array]:
        part = slice(index * self.batch_size, (index + 1) * self.batch_size)
        x, targets, sample_weights = self._gathered
        return x[part], targets[part], sample_weights[part]

    def _allocate(self) -> tuple[Array, Array, Array]:
        x, targets, sample_weights = self._source
        row_bytes = max(1, x[:1].nbytes)
        batches = min(self.count, MAX_CHUNK, max(1, CHUNK_BYTES // (row_bytes * self.batch_size)))
        arena, rows = Arena(), batches * self.batch_size
        return (
            arena.empty((rows, *x.shape[1:]), x.dtype),
            arena.empty((rows, *targets.shape[1:]), targets.dtype),
            arena.empty((rows,), sample_weights.dtype),
        )

    def _gather(self, index: int) -> None:
        first = index - index % len(self._views)
        self._at_hand = range(first, min(first + len(self._views), self.count))
        chosen = self._order[first * self.batch_size : self._at_hand.stop * self.batch_size]
        for source, target in zip(self._source, self._gathered, strict=True):
            np.take(source, chosen, axis=0, out=target[: len(chosen)], mode="clip")  # other modes buffer
        if self._at_hand.stop == self.count:
            self._enlarge_last_shares(len(chosen))

    def _enlarge_last_shares(self, stop: int) -> None:
        """Let the rows of a short last batch, which ends at `stop`, count for their batch's size."""
        short = self.rows % self.batch_size
        if short:
            self._gathered[2][stop - short : stop] *= self.batch_size / short
