"""Find the temperatures with which probabilities come true (Guo et al., 2017, section 4.2)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.column_target import ColumnTarget
from tabular.preprocessing.target import TargetEncoder
from tabular.trained_model.calibration import Calibration, log_probabilities, softmax

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MIN_ROWS = 50  # that a temperature is fitted to
MAX_ROWS = 100_000  # evenly spaced; more do not change the temperature
MIN_SHARPNESS, MAX_SHARPNESS = 0.05, 20.0  # 1 / temperature
MAX_STEPS = 30  # of Newton's method, which usually takes 5


def fit_calibration(
    target: TargetEncoder, truth: Floats, outputs: Floats, weights: Floats | None = None
) -> Calibration | None:
    """Return the temperatures with the lowest log loss on rows that the network did not see; None if all are 1.

    A column keeps the temperature 1 unless its own temperature also lowers the log loss of rows that it was not fitted
    to: the mean gain must exceed its standard error.

    Args:
        target: the encoder of the model.
        truth: true targets (n, columns), classes as their numbers.
        outputs: probabilities before calibration, (n, *outputs).
        weights: the sample weights of the rows, (n,); None if all rows count the same.
    """
    rows = slice(None, None, max(-(-len(truth) // MAX_ROWS), 1))
    parts = zip(target.columns, target.split_targets(truth[rows]), target.split_outputs(outputs[rows]), strict=True)
    counted = np.ones(len(truth[rows])) if weights is None else weights[rows]
    temperatures = tuple(_temperature(column, true, part, counted) for column, true, part in parts)
    return Calibration(temperatures=temperatures) if any(each != 1 for each in temperatures) else None


def _temperature(column: ColumnTarget, y: Floats, outputs: Floats, weights: Floats) -> float:
    if column.task == "regression" or len(y) < MIN_ROWS:
        return 1.0
    logits, classes = log_probabilities(outputs), y.astype(np.int64)
    halves = (np.arange(len(y)) % 2 == 0, np.arange(len(y)) % 2 == 1)
    gain = np.empty(len(y))
    for fitted, other in (halves, halves[::-1]):
        sharpness = _best_sharpness(logits[fitted], classes[fitted], weights[fitted])
        gain[other] = _losses(logits[other], classes[other]) - _losses(sharpness * logits[other], classes[other])
    mean = float(np.average(gain, weights=weights))
    error = float(np.sqrt(np.average((gain - mean) ** 2, weights=weights) / len(gain)))
    return 1 / _best_sharpness(logits, classes, weights) if mean > error else 1.0


def _best_sharpness(logits: Floats, y: Array, weights: Floats) -> float:
    """Return the factor b with the lowest mean log loss of softmax(b logits), which is convex in b.

    Its derivatives are the means of E[z] - z_true and of Var[z], over the classes of each row.
    """
    true, sharpness = logits[np.arange(len(y)), y], 1.0
    for _ in range(MAX_STEPS):
        probabilities = softmax(sharpness * logits)
        mean = np.sum(probabilities * logits, axis=1)
        variance = np.sum(probabilities * (logits - mean[:, None]) ** 2, axis=1)
        slope, curvature = np.average(mean - true, weights=weights), np.average(variance, weights=weights)
        step = np.clip(slope / max(curvature, 1e-12), -0.5 * sharpness, 0.5 * sharpness)
        sharpness = float(np.clip(sharpness - step, MIN_SHARPNESS, MAX_SHARPNESS))
        if abs(step) < 1e-6 * sharpness:
            break
    return sharpness


def _losses(logits: Floats, y: Array) -> Floats:
    """Return the log loss of each row, (n,)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    losses: Floats = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]
    return losses
