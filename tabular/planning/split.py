"""Which rows are learned from and which are held back."""

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]
STREAM = 0x5B117  # keeps this stream apart from others of the same seed


def validation_rows(rows: int, fraction: float) -> int:
    """Return how many of `rows` are held back: the nearest whole number, at least one unless `fraction` is 0."""
    return max(1, round(fraction * rows)) if fraction > 0 else 0


def split(y: npt.NDArray[np.generic], fraction: float, seed: int, *, stratify: bool) -> tuple[Index, Index]:
    """Return sorted row numbers (training, validation), the same for the same arguments.

    Args:
        y: (n,) or (n, outputs), only its length matters unless `stratify`.
        fraction: share of the rows that is held back, in [0, 1).
        seed: seed of the split's own random stream.
        stratify: keep each value's share of `y` (n,) in both parts; a value of one row is learned from.

    Raises:
        ValueError: no row would be left to learn from.
    """
    count = validation_rows(len(y), fraction)
    if count >= len(y):
        raise ValueError("the validation fraction leaves no row to learn from")
    rng = np.random.Generator(np.random.PCG64([seed, STREAM]))
    order = rng.permutation(len(y))
    if stratify and count:
        order = order[_spread(y[order])]
    return np.sort(order[count:]), np.sort(order[:count])


def _spread(y: npt.NDArray[np.generic]) -> Index:
    """Return an order of `y` (n,) in which every beginning holds each value in its share, as near as can be."""
    _, value, counts = np.unique(y, return_inverse=True, return_counts=True)
    by_value = np.argsort(value, kind="stable")
    rank = np.empty(len(y))
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    rank[by_value] = np.arange(len(y)) - starts
    share = (rank + 0.5) / counts[value]
    share[counts[value] == 1] = 1.0
    return np.argsort(share, kind="stable")
