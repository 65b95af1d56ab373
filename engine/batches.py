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
    """Examples: `x: (rows, inputs)`, `y` as the loss wants it, `weights: (rows,)` above zero, or all 1."""

    x: Array
    y: Array
    weights: Array | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.x)


def check(rows: Rows, network: Network) -> Rows:
    """Return the rows as arrays that the network takes without conversion, weights filled in.

    Raises:
        ValueError: shapes, values or lengths do not fit the network.
    """
    if rows.x.ndim != 2 or rows.x.shape[1] != network.inputs:
        raise ValueError(f"x must have shape (rows, {network.inputs}), not {rows.x.shape}")
    weights = np.ones(len(rows)) if rows.weights is None else np.ascontiguousarray(rows.weights, np.float64)
    if len(rows.y) != len(rows) or weights.shape != (len(rows),):
        raise ValueError(f"{len(rows)} rows, {len(rows.y)} targets, {weights.size} weights")
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ValueError("weights must be finite and above zero")
    x = np.ascontiguousarray(rows.x, network.dtype)
    return Rows(x, network.loss.as_targets(rows.y, network.dtype), weights)


class Batches:
    """One epoch's order over checked rows; the last batch may be short.

    Rows are gathered a few batches at a time, into memory that stays in cache, and the views on the batches in
    it are made once. `weights` holds each batch's sum of weights, by which batches count in a mean over the epoch.
    """

    def __init__(self, rows: Rows, batch_size: int) -> None:
        self.count = -(-len(rows) // batch_size)
        self.batch_size = batch_size
        self._source = _arrays(rows)
        self._order = np.arange(len(rows))
        self._shares = np.empty(len(rows), rows.x.dtype)
        self._at_hand = range(0)  # the batches that are gathered
        self._gathered, self._views = self._allocate()
        self._share_out()

    def shuffle(self, rng: np.random.Generator) -> None:
        """Bring all rows into a new random order, which depends on the stream's position only."""
        self._order[:] = np.arange(len(self._order))
        rng.shuffle(self._order)
        self._share_out()
        self._at_hand = range(0)

    def __getitem__(self, index: int) -> tuple[Array, Array, Array]:
        """Return batch `index` as views: x, targets, and the rows' shares in the batch's mean."""
        if index not in self._at_hand:
            self._gather(index)
        views = self._views[index - self._at_hand.start]
        if index == self.count - 1:
            size = len(self._order) - index * self.batch_size
            return views[0][:size], views[1][:size], views[2][:size]
        return views

    def _allocate(self) -> tuple[tuple[Array, ...], list[tuple[Array, Array, Array]]]:
        """Return memory for a few batches of x, targets and shares, and the views on each batch."""
        x, targets, _ = self._source
        row_bytes = max(1, x[:1].nbytes)
        batches = min(self.count, MAX_CHUNK, max(1, CHUNK_BYTES // (row_bytes * self.batch_size)))
        arena, rows = Arena(), batches * self.batch_size
        arrays = tuple(arena.empty((rows, *a.shape[1:]), a.dtype) for a in (x, targets, self._shares))
        parts = [slice(start, start + self.batch_size) for start in range(0, rows, self.batch_size)]
        return arrays, [(arrays[0][part], arrays[1][part], arrays[2][part]) for part in parts]

    def _gather(self, index: int) -> None:
        first = index - index % len(self._views)
        self._at_hand = range(first, min(first + len(self._views), self.count))
        rows = slice(first * self.batch_size, self._at_hand.stop * self.batch_size)
        chosen = self._order[rows]
        for source, target in zip(self._source[:2], self._gathered, strict=False):
            np.take(source, chosen, axis=0, out=target[: len(chosen)], mode="clip")  # other modes buffer
        self._gathered[2][: len(chosen)] = self._shares[rows]

    def _share_out(self) -> None:
        weights = self._source[2][self._order]
        starts = np.arange(0, len(weights), self.batch_size)
        sums = np.add.reduceat(weights, starts)
        np.divide(weights, np.repeat(sums, np.diff(starts, append=len(weights))), out=self._shares)
        self.weights: list[float] = sums.tolist()


def _arrays(rows: Rows) -> tuple[Array, ...]:
    if rows.weights is None:
        raise ValueError("rows must be checked first")
    return rows.x, rows.y, rows.weights
