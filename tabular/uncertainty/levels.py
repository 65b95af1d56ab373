"""Quantiles of scores on rows that a network did not see, at any level."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVELS = tuple(round(0.01 * percent, 2) for percent in range(50, 100))  # quantiles between them are interpolated
EVALUATED = (0.5, 0.8, 0.9, 0.95)  # levels whose coverage is measured


class LevelUnavailable(ValueError):
    """Too few rows were held out for the level. `highest` is the highest level that they allow."""

    def __init__(self, rows: int, level: float, highest: float) -> None:
        self.rows, self.level, self.highest = rows, level, highest
        super().__init__(f"{rows} rows that the network did not see do not allow the level {level:g}")


def score_quantiles(scores: Floats, tail: float = 1.0) -> tuple[float, ...]:
    """Return the quantile of scores (n,) at each of LEVELS that n rows allow, lowest level first.

    With tail = 1, the quantile at level c is the smallest score that at least ceil((n + 1) c) scores do not exceed. A
    new score from the same distribution then stays below with a probability of at least c (Vovk et al., 2005;
    Lei et al., 2018, theorem 2.2). With tail = 0.5, for one of two sides, it is exceeded half as often.
    """
    ordered, n = np.sort(scores), len(scores)
    ranks = np.ceil((n + 1) * (1 - tail * (1 - np.array(LEVELS))) - 1e-9).astype(np.int64)
    return tuple(ordered[ranks[ranks <= n] - 1].tolist())


def quantile_at(quantiles: tuple[float, ...], level: float, rows: int) -> float:
    """Return the quantile at a level from 0.5 to 0.99, interpolated between LEVELS.

    Raises:
        LevelUnavailable: the rows do not allow the level.
    """
    available = LEVELS[: len(quantiles)]
    if not available or level > available[-1] + 1e-9:
        raise LevelUnavailable(rows, level, available[-1] if available else 0.0)
    return float(np.interp(level, available, quantiles))
