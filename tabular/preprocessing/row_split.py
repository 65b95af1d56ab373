"""Divide rows into training and validation rows."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.training_rules import count_validation_rows

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
STREAM = 0x5B117  # separates this random stream from others of the same seed


def split_rows(y: npt.NDArray[np.generic], fraction: float, seed: int, *, stratify: bool) -> tuple[Index, Index]:
    """Return sorted row numbers (training, validation), the same for the same arguments.

    Args:
        y: (n,) or (n, outputs); only its length matters unless `stratify`.
        fraction: share of the rows that is held out, in [0, 1).
        seed: seed of the split's own random stream.
        stratify: keep each value's share of `y` (n,) in both parts; a value with a single row is for training.

    Raises:
        ValueError: no row would be left for training.
    """
    count = count_validation_rows(len(y), fraction)
    if count >= len(y):
        raise ValueError(f"holding out {count} of {len(y)} rows leaves none to train on; lower the validation fraction")
    rng = np.random.Generator(np.random.PCG64([seed, STREAM]))
    order = rng.permutation(len(y))
    if stratify and count:
        order = order[interleave(y[order])]
    return np.sort(order[count:]), np.sort(order[:count])


def interleave(y: npt.NDArray[np.generic]) -> Index:
    """Return an order of `y` (n,) whose first k elements have each value in its share, as closely as possible."""
    _, value, counts = np.unique(y, return_inverse=True, return_counts=True)
    by_value = np.argsort(value, kind="stable")
    rank = np.empty(len(y))
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    rank[by_value] = np.arange(len(y)) - starts
    position = (rank + 0.5) / counts[value]
    position[counts[value] == 1] = 1.0
    return np.argsort(position, kind="stable")


def split_by_time(times: Array, missing: Flags, fraction: float) -> tuple[Index, Index]:
    """Return sorted row numbers (training, validation): the rows with the latest times are held out.

    Rows with the same time stay together, so the number of held-out rows is the nearest one that this allows. Rows
    without a time are for training.

    Args:
        times: (n,) values that can be sorted.
        missing: (n,), where `times` has no meaning.
        fraction: share of the rows that is held out, in [0, 1).

    Raises:
        ValueError: fewer than two different times are known.
    """
    count = count_validation_rows(len(times), fraction)
    known = np.flatnonzero(~missing)
    order = known[np.argsort(times[known], kind="stable")]
    first = _first_held_out(times[order], count) if count else len(order)
    return _divide(len(times), order[first:])


def _first_held_out(ordered: Array, count: int) -> int:
    """Return where the later part begins: the change of time nearest to the last `count` of (n,) ordered times."""
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if not changes.size:
        raise ValueError("fewer than two different times are known, so no later rows can be held out")
    return int(changes[np.argmin(np.abs(changes - (len(ordered) - count)))])


def split_by_group(groups: Array, missing: Flags, fraction: float, seed: int) -> tuple[Index, Index]:
    """Return sorted row numbers (training, validation): no group has rows in both parts.

    Groups are drawn at random and held out if that brings the number of held-out rows closer to the fraction. Rows
    without a group are for training.

    Args:
        groups: (n,) values that are equal within a group.
        missing: (n,), where `groups` has no meaning.
        fraction: share of the rows that is held out, in [0, 1).
        seed: seed of the split's own random stream.

    Raises:
        ValueError: fewer than two different groups are known.
    """
    count = count_validation_rows(len(groups), fraction)
    known = np.flatnonzero(~missing)
    _, group, sizes = np.unique(groups[known], return_inverse=True, return_counts=True)
    if count and len(sizes) < 2:
        raise ValueError("fewer than two different groups are known, so no group can be held out")
    held_out = _choose_groups(sizes, count, seed) if count else np.zeros(len(sizes), dtype=bool)
    return _divide(len(groups), known[held_out[group]])


def _choose_groups(sizes: Index, count: int, seed: int) -> Flags:
    """Return which groups have about `count` rows together: at least one, and not all."""
    rng = np.random.Generator(np.random.PCG64([seed, STREAM]))
    chosen, total = np.zeros(len(sizes), dtype=bool), 0
    order = rng.permutation(len(sizes))
    for group in order[:-1]:
        size = int(sizes[group])
        if abs(total + size - count) < abs(total - count):
            chosen[group], total = True, total + size
    if not total:
        chosen[np.argmin(sizes)] = True
    return chosen


def _divide(rows: int, validation: Index) -> tuple[Index, Index]:
    is_held_out = np.zeros(rows, dtype=bool)
    is_held_out[validation] = True
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
