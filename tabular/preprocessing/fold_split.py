"""Divide rows into the folds of a cross-validation.

Each fold is a pair of sorted row numbers: those its network trains on, and those that are left out to evaluate it. No
row is left out twice.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.row_split import STREAM, interleave

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
Folds = list[tuple[Index, Index]]


def fold_rows(y: npt.NDArray[np.generic], folds: int, seed: int, *, stratify: bool) -> Folds:
    """Leave each of `y` (n,) out once, at random.

    `stratify`: each fold has the same share of each value of `y`; otherwise only the length of `y` matters.

    Raises:
        ValueError: there are fewer rows than folds.
    """
    _require(folds, len(y), "rows")
    order = np.random.Generator(np.random.PCG64([seed, STREAM])).permutation(len(y))
    if stratify:
        order = order[interleave(y[order])]
    ends = np.arange(1, folds + 1) * len(y) // folds
    fold_of = np.empty(len(y), dtype=np.int64)
    fold_of[order] = np.searchsorted(ends, np.arange(len(y)), side="right")
    return _by_number(fold_of, folds)


def fold_by_group(groups: Array, missing: Flags, folds: int, seed: int) -> Folds:
    """Leave each group out once; all of its rows are in one fold. Rows without a group are always for training.

    The largest groups are given out first, each to the fold with the fewest rows, so that the folds have about the same
    number of rows. Groups of the same size are given out at random.

    Raises:
        ValueError: fewer groups than folds are known.
    """
    known = np.flatnonzero(~missing)
    _, group, sizes = np.unique(groups[known], return_inverse=True, return_counts=True)
    _require(folds, len(sizes), "groups")
    order = np.random.Generator(np.random.PCG64([seed, STREAM])).permutation(len(sizes))
    fold_of_group = np.empty(len(sizes), dtype=np.int64)
    rows = np.zeros(folds, dtype=np.int64)
    for each in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of_group[each] = rows.argmin()
        rows[fold_of_group[each]] += sizes[each]
    fold_of = np.full(len(groups), -1, dtype=np.int64)
    fold_of[known] = fold_of_group[group]
    return _by_number(fold_of, folds)


def fold_by_time(times: Array, missing: Flags, folds: int) -> Folds:
    """Leave the rows of later and later periods out; each network trains on all rows before its period.

    The times are divided into one more period than there are folds, with about the same number of rows each. The rows
    of the first period are never left out. Rows with the same time stay together. Rows without a time are always for
    training.

    Raises:
        ValueError: no more times than folds are known.
    """
    known = np.flatnonzero(~missing)
    values, counts = np.unique(times[known], return_counts=True)
    _require(folds + 1, len(values), "times")
    starts = _period_starts(counts, folds + 1)
    period = np.full(len(times), -1, dtype=np.int64)
    period[known] = np.searchsorted(values[starts], times[known], side="right") - 1
    return [(np.flatnonzero(period < number), np.flatnonzero(period == number)) for number in range(1, folds + 1)]


def _period_starts(counts: Index, periods: int) -> list[int]:
    """Return the place of each period's first time; every period has at least one of the times."""
    before = np.cumsum(counts) - counts
    starts = [0]
    for number in range(1, periods):
        place = int(np.argmin(np.abs(before - number * counts.sum() / periods)))
        starts.append(min(max(place, starts[-1] + 1), len(counts) - periods + number))
    return starts


def _by_number(fold_of: Index, folds: int) -> Folds:
    return [(np.flatnonzero(fold_of != number), np.flatnonzero(fold_of == number)) for number in range(folds)]


def _require(needed: int, found: int, noun: str) -> None:
    if found < needed:
        raise ValueError(f"{needed} different {noun} are needed for the folds, but {found} are known; use fewer folds")
