"""Divide rows into training and validation rows."""

import numpy as np
import numpy.typing as npt

from tabular.planning.training_rules import count_validation_rows

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
        order = order[_interleave(y[order])]
    return np.sort(order[count:]), np.sort(order[:count])


def _interleave(y: npt.NDArray[np.generic]) -> Index:
    """Return an order of `y` (n,) whose first k elements have each value in its share, as closely as possible."""
    _, value, counts = np.unique(y, return_inverse=True, return_counts=True)
    by_value = np.argsort(value, kind="stable")
    rank = np.empty(len(y))
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    rank[by_value] = np.arange(len(y)) - starts
    position = (rank + 0.5) / counts[value]
    position[counts[value] == 1] = 1.0
    return np.argsort(position, kind="stable")
