"""Mini-batches: a random order per epoch, gathered in chunks and returned as slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.memory import Arena, Array
from engine.network import Network

CHUNK_BYTES = 1 << 18  # bytes gathered at a time: half of a small second-level cache
MAX_CHUNK = 64  # batches gathered at a time; their views are stored


@dataclass(frozen=True, slots=True)
class Rows:
    """Examples: `x: (rows, inputs)`, `y` as the loss takes it, `sample_weights: (rows,)`, from 0, or None for all 1.

    `index`: numbers of the rows that are meant, (n,) int64; None: all. So several networks can share the arrays and
    train on different rows of them.
    """

    x: Array
    y: Array
    sample_weights: Array | None = None
    index: Array | None = None

    def __len__(self) -> int:
        """Return the number of rows that are meant."""
        return len(self.x if self.index is None else self.index)

    def take(self, values: Array) -> Array:
        """Return the values of the rows that are meant, from those of all rows."""
        return values if self.index is None else values[self.index]

    def every(self, stride: int) -> Rows:
        """Return every `stride`-th row, as arrays without an index."""
        chosen = slice(None, None, stride) if self.index is None else self.index[::stride]
        weights = None if self.sample_weights is None else np.ascontiguousarray(self.sample_weights[chosen])
        return Rows(np.ascontiguousarray(self.x[chosen]), np.ascontiguousarray(self.y[chosen]), weights)


def check_rows(rows: Rows, network: Network) -> Rows:
    """Return the rows as arrays that the network takes without conversion, with sample weights filled in.

    Raises:
        ValueError: shapes, values or lengths do not fit the network.
    """
    if rows.x.ndim != 2 or rows.x.shape[1] != network.inputs:
        raise ValueError(f"x must have shape (rows, {network.inputs}), but has {rows.x.shape}")
    given, length = rows.sample_weights, len(rows.x)
    weights = np.ones(length) if given is None else np.ascontiguousarray(given, np.float64)
    if len(rows.y) != length or weights.shape != (length,):
        raise ValueError(f"lengths differ: {length} rows, {len(rows.y)} targets, {weights.size} sample weights")
    with np.errstate(over="ignore"):
        total = rows.take(weights).sum()
    if not ((weights >= 0).all() and 0 < total < np.inf):  # also false for NaN
        raise ValueError("sample weights must be at least 0, and their sum must be finite and above 0")
    x = np.ascontiguousarray(rows.x, network.dtype)
    return Rows(x, network.loss.as_targets(rows.y, network.dtype), weights, rows.index)


class Batches:
    """The batches of one epoch over checked rows. The last batch may be short.

    Rows that are shuffled, or chosen by an index, are gathered a few batches at a time into memory that stays in the
    cache, and views of its batches are made once. Other rows are not copied.

    The sample weight in a batch is the weight of the row, divided by the batch size and by the mean weight of all rows.
    So the mean of the batch means, weighted by batch size, is the weighted mean of all rows, and a rare class with a
    large weight counts the same in every batch.
    """

    def __init__(self, rows: Rows, batch_size: int, *, shuffled: bool) -> None:
        if rows.sample_weights is None:
            raise ValueError("call check_rows first")
        self.rows = len(rows)
        self.count = -(-len(rows) // batch_size)
        self.batch_size = batch_size
        own = rows.take(rows.sample_weights)
        self.mean_weight = float(own.mean())
        self.is_weighted = bool((own != own[0]).any())
        sample_weights = (rows.sample_weights / (self.mean_weight * batch_size)).astype(rows.x.dtype)
        self._source = (rows.x, rows.y, sample_weights)
        self._gathered_batches = range(self.count)  # available as views
        self._gathered = self._source
        if shuffled or rows.index is not None:
            self._gathered_batches = range(0)
            self._gathered = self._allocate()
            self._unshuffled = np.arange(len(rows)) if rows.index is None else rows.index
            self._order = self._unshuffled.copy()
            self._views = [self._view(index) for index in range(len(self._gathered[0]) // batch_size)]
        else:
            self._scale_last_weights(len(rows))

    def shuffle(self, rng: np.random.Generator) -> None:
        """Put all rows into a new random order, which depends only on the position of the stream."""
        self._order[:] = self._unshuffled
        rng.shuffle(self._order)
        self._gathered_batches = range(0)

    def __getitem__(self, index: int) -> tuple[Array, Array, Array]:
        """Return batch `index` as views: x, targets and sample weights."""
        if self._gathered is self._source:
            return self._view(index)
        if index not in self._gathered_batches:
            self._gather(index)
        x, targets, sample_weights = self._views[index - self._gathered_batches.start]
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
        self._gathered_batches = range(first, min(first + len(self._views), self.count))
        chosen = self._order[first * self.batch_size : self._gathered_batches.stop * self.batch_size]
        for source, target in zip(self._source, self._gathered, strict=True):
            np.take(source, chosen, axis=0, out=target[: len(chosen)], mode="clip")  # other modes buffer
        if self._gathered_batches.stop == self.count:
            self._scale_last_weights(len(chosen))

    def _scale_last_weights(self, stop: int) -> None:
        """Scale up the weights of the rows in a short last batch, which ends at `stop`."""
        short = self.rows % self.batch_size
        if short:
            self._gathered[2][stop - short : stop] *= self.batch_size / short
