"""Whether probabilities come true: as often as they say."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

BINS = 10  # of equal width


def evaluate_calibration(y: Array, probabilities: Floats) -> dict[str, Any]:
    """Return how well predicted probabilities agree with frequencies, as JSON values.

    For two classes these are the probabilities of the second class, and how often it is the true one. For more classes
    they are the probabilities of the predicted label, and how often it is right. The expected calibration error is the
    mean of |frequency - probability| over the bins, weighted by their rows (Guo et al., 2017, equation 3).

    Args:
        y: true class numbers, (n,) int64.
        probabilities: (n, classes) float64.
    """
    if probabilities.shape[1] == 2:
        predicted, came_true = probabilities[:, 1], y == 1
    else:
        predicted, came_true = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    bins = np.minimum((predicted * BINS).astype(np.int64), BINS - 1)
    rows = np.bincount(bins, minlength=BINS)
    used = np.flatnonzero(rows)
    mean = np.bincount(bins, weights=predicted, minlength=BINS)[used] / rows[used]
    frequency = np.bincount(bins, weights=came_true, minlength=BINS)[used] / rows[used]
    return {
        "of": "second_class" if probabilities.shape[1] == 2 else "predicted_label",
        "expected_calibration_error": float(np.sum(rows[used] * np.abs(frequency - mean)) / len(y)),
        "bins": [
            {"low": number / BINS, "high": (number + 1) / BINS, "rows": count, "mean_probability": p, "frequency": f}
            for number, count, p, f in zip(
                used.tolist(), rows[used].tolist(), mean.tolist(), frequency.tolist(), strict=True
            )
        ],
    }


def brier_score(y: Array, probabilities: Floats) -> float:
    """Return the mean squared difference between probabilities and truth (Brier, 1950).

    For two classes that of the second class; for more classes the sum over all classes.
    """
    rows = np.arange(len(y))
    if probabilities.shape[1] == 2:
        return float(np.mean((probabilities[:, 1] - y) ** 2))
    squares = np.sum(probabilities**2, axis=1) - 2 * probabilities[rows, y] + 1
    return float(squares.mean())
