"""Rows in the order of a score: what is found among the first of them, at every threshold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MAX_POINTS = 200  # of a curve
LIFT_POINTS = 100  # one for each percent of the rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Counts at each distinct score, from the highest to the lowest, (n,) each.

    `thresholds`: the scores. `selected`: how many rows have at least that score. `hits`: how many of them are positive.
    `positives`: the number of all positive rows; there is at least one, and at least one that is not.
    """

    thresholds: Floats
    selected: Floats
    hits: Floats
    positives: int

    @classmethod
    def of(cls, positive: npt.NDArray[np.bool_], score: Floats) -> "Ranking | None":
        """Sort rows by their score; None if all rows or no rows are positive. O(n log n)."""
        positives = int(np.count_nonzero(positive))
        if not 0 < positives < len(positive):
            return None
        order = np.argsort(-score)
        ordered = score[order]
        last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
        hits = np.cumsum(positive[order])[last].astype(np.float64)
        return cls(thresholds=ordered[last], selected=last + 1.0, hits=hits, positives=positives)

    @property
    def recall(self) -> Floats:
        """The share of the positive rows that are selected, also called the true positive rate."""
        recall: Floats = self.hits / self.positives
        return recall

    @property
    def precision(self) -> Floats:
        """The share of the selected rows that are positive."""
        precision: Floats = self.hits / self.selected
        return precision

    @property
    def false_positive_rate(self) -> Floats:
        """The share of the other rows that are selected."""
        rate: Floats = (self.selected - self.hits) / (self.selected[-1] - self.positives)
        return rate

    @property
    def area(self) -> float:
        """The area under the ROC curve: the chance that a positive row scores above another; ties count half."""
        fall_out, recall = np.append(0, self.false_positive_rate), np.append(0, self.recall)
        return float(np.sum(np.diff(fall_out) * (recall[1:] + recall[:-1])) / 2)

    @property
    def average_precision(self) -> float:
        """The mean precision over the positive rows, each at its own threshold: the area under the stepped curve."""
        return float(np.sum(np.diff(self.recall, prepend=0) * self.precision))

    def roc(self) -> dict[str, Any]:
        """Return at most MAX_POINTS points of the ROC curve, as JSON values. The first threshold selects no row."""
        fall_out, recall = np.append(0, self.false_positive_rate), np.append(0, self.recall)
        kept = spread(fall_out, recall)
        return {
            "auc": self.area,
            "false_positive_rate": _rounded(fall_out[kept]),
            "true_positive_rate": _rounded(recall[kept]),
            "threshold": [None, *_rounded(self.thresholds[kept[1:] - 1])],
        }

    def precision_recall(self) -> dict[str, Any]:
        """Return at most MAX_POINTS points of the precision-recall curve, as JSON values."""
        recall, precision = self.recall, self.precision
        kept = spread(recall, precision)
        return {
            "average_precision": self.average_precision,
            "recall": _rounded(recall[kept]),
            "precision": _rounded(precision[kept]),
            "threshold": _rounded(self.thresholds[kept]),
        }

    def lift(self) -> dict[str, Any]:
        """Return the lift for the first percent of the rows, the first two and so on, as JSON values.

        Rows with the same score count as if they were in random order.
        """
        points = min(LIFT_POINTS, int(self.selected[-1]))
        fraction = np.linspace(0, 1, points + 1)[1:]
        gain = np.interp(fraction, np.append(0, self.selected / self.selected[-1]), np.append(0, self.recall))
        return {"fraction": _rounded(fraction), "gain": _rounded(gain), "lift": _rounded(gain / fraction)}

    def best_threshold(self) -> dict[str, float]:
        """Return the threshold with the highest F1 score, as JSON values."""
        f1 = 2 * self.hits / (self.positives + self.selected)
        best = int(np.argmax(f1))
        return {
            "threshold": float(self.thresholds[best]),
            "f1": float(f1[best]),
            "precision": float(self.precision[best]),
            "recall": float(self.recall[best]),
        }


def spread(x: Floats, y: Floats) -> npt.NDArray[np.int64]:
    """Return the indices of at most MAX_POINTS points at about equal distances along a curve, with its ends.

    The distance is |dx| + |dy|, so no point that is left out is far from the line between its neighbors. Of the two
    points next to each equal distance, the one is taken that keeps the area under the curve so far.

    Args:
        x: (n,), never falling.
        y: (n,).
    """
    if len(x) <= MAX_POINTS:
        return np.arange(len(x))
    length = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    area = np.append(0, np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2))
    chosen, kept_area = [0], 0.0
    for place in np.searchsorted(length, np.linspace(0, length[-1], MAX_POINTS)[1:-1]).tolist():
        last = chosen[-1]
        each = [(kept_area + (x[point] - x[last]) * (y[point] + y[last]) / 2, point) for point in (place - 1, place)]
        kept_area, nearest = min(each, key=lambda pair: abs(pair[0] - area[pair[1]]))
        if nearest > last:
            chosen.append(nearest)
    return np.array([*chosen, len(x) - 1])


def _rounded(values: Floats) -> list[float]:
    rounded: list[float] = np.round(values, 6).tolist()
    return rounded
