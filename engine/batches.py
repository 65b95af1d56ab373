"""Rows in mini-batches: shuffled by one gather per epoch, then handed out as slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.memory import Arena, Array
from engine.network import Network


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

    `weights` holds each batch's sum of weights, by which batches count in a mean over the epoch.
    """

    def __init__(self, rows: Rows, batch_size: int, *, shuffle: bool) -> None:
        self.count = -(-len(rows) // batch_size)
        self.batch_size = batch_size
        self._borders = np.append(np.arange(0, len(rows), batch_size), len(rows))
        self._source = _arrays(rows)
        self._arranged = self._source
        self._shares = np.empty(len(rows), rows.x.dtype)
        self._order = np.arange(len(rows))
        if shuffle:
            arena = Arena()
            self._arranged = tuple(arena.empty(array.shape, array.dtype) for array in self._source)
        else:
            self._share_out()

    def shuffle(self, rng: np.random.Generator) -> None:
        """Bring all rows into a new random order, which depends on the stream's position only."""
        self._order[:] = np.arange(len(self._order))
        rng.shuffle(self._order)
        for source, target in zip(self._source, self._arranged, strict=True):
            np.take(source, self._order, axis=0, out=target, mode="clip")  # other modes buffer
        self._share_out()

    def __getitem__(self, index: int) -> tuple[Array, Array, Array]:
        """Return batch `index` as views: x, targets, and the rows' shares in the batch's mean."""
        part = slice(index * self.batch_size, (index + 1) * self.batch_size)
        x, targets, _ = self._arranged
        return x[part], targets[part], self._shares[part]

    def _share_out(self) -> None:
        weights = self._arranged[2]
        sums = np.add.reduceat(weights, self._borders[:-1])
        np.divide(weights, np.repeat(sums, np.diff(self._borders)), out=self._shares)
        self.weights: list[float] = sums.tolist()


def _arrays(rows: Rows) -> tuple[Array, ...]:
    if rows.weights is None:
        raise ValueError("rows must be checked first")
    return rows.x, rows.y, rows.weights
