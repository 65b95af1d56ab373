"""Sets of labels that contain the true one as often as requested."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.uncertainty.levels import EVALUATED, LevelUnavailable, quantile_at, score_quantiles

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MAX_ROWS = 100_000  # whose probabilities are looked at, evenly spaced


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSets:
    """All labels with a probability of at least 1 - quantile, and always the most likely one.

    quantiles: at LEVELS, of 1 - probability of the true class in `rows` rows that the network did not see (Sadinle,
    Lei and Wasserman, 2019).
    """

    rows: int
    quantiles: tuple[float, ...]

    @classmethod
    def fit(cls, probabilities: Floats, y: Array) -> "LabelSets":
        """Return the sets for true class numbers y: (n,) int64 and probabilities (n, classes)."""
        rows = np.arange(0, len(y), max(-(-len(y) // MAX_ROWS), 1))
        return cls(rows=len(rows), quantiles=score_quantiles(1 - probabilities[rows, y[rows]]))

    def at(self, probabilities: Floats, level: float) -> npt.NDArray[np.bool_]:
        """Return which classes are in the set of each row, (n, classes).

        Raises:
            LevelUnavailable: too few rows were held out for the level.
        """
        threshold = 1 - quantile_at(self.quantiles, level, self.rows)
        members: npt.NDArray[np.bool_] = probabilities >= threshold
        members[np.arange(len(members)), probabilities.argmax(axis=1)] = True
        return members

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {"rows": self.rows, "quantiles": list(self.quantiles)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "LabelSets":
        """Read what `to_json` returned."""
        return cls(rows=data["rows"], quantiles=tuple(data["quantiles"]))


def evaluate_sets(probabilities: Floats, y: Array) -> list[dict[str, Any]]:
    """Return how often sets contain the truth and how large they are, as JSON values, for the levels in EVALUATED.

    The sets of each half of the rows are fitted to the other half. Levels that the rows do not allow are left out.
    """
    found = []
    fitted = [LabelSets.fit(probabilities[half::2], y[half::2]) for half in (0, 1)]
    for level in EVALUATED:
        inside, size = np.empty(len(y), dtype=np.bool_), np.empty(len(y))
        try:
            for half, sets in enumerate(reversed(fitted)):
                members = sets.at(probabilities[half::2], level)
                inside[half::2] = members[np.arange(len(members)), y[half::2]]
                size[half::2] = members.sum(axis=1)
        except LevelUnavailable:
            break
        found.append({"level": level, "coverage": float(inside.mean()), "mean_size": float(size.mean())})
    return found
