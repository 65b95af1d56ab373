"""Temperature scaling: one number per target that makes probabilities less or more extreme, so that they come true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MIN_ROWS = 50  # that a temperature is fitted to
MAX_ROWS = 100_000  # evenly spaced; more do not change the temperature
MIN_SHARPNESS, MAX_SHARPNESS = 0.05, 20.0  # 1 / temperature
MAX_STEPS = 30  # of Newton's method, which usually takes 5
MIN_PROBABILITY = 1e-30  # its logarithm is finite
MIN_BINARY_PROBABILITY = 2.0**-25  # of the first of two classes, 1 - p: float32 rounds smaller ones to 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The temperature T of each target column: p becomes softmax(ln(p) / T) (Guo et al., 2017, section 4.2).

    T = 1 changes nothing; numbers have T = 1. The most likely class stays the same.
    """

    temperatures: tuple[float, ...]

    @classmethod
    def fit(cls, target: TargetEncoder, y: Array, outputs: Array, weights: Floats | None = None) -> "Calibration":
        """Return the temperatures with the lowest log loss on rows that the network did not see.

        A column keeps T = 1 unless its temperature also lowers the log loss of rows that it was not fitted to: the
        mean gain must exceed its standard error.

        Args:
            target: the encoder that made `y`.
            y: true targets as `target.transform` returns them.
            outputs: probabilities (n, *outputs), as the network returns them.
            weights: the sample weights of the rows, (n,); None if all rows count the same.
        """
        rows = slice(None, None, max(-(-len(y) // MAX_ROWS), 1))
        parts = zip(target.columns, target.split_targets(y[rows]), target.split_outputs(outputs[rows]), strict=True)
        counted = np.ones(len(y[rows])) if weights is None else weights[rows]
        return cls(temperatures=tuple(_temperature(column, true, part, counted) for column, true, part in parts))

    @property
    def changes(self) -> bool:
        """Whether any temperature differs from 1."""
        return any(temperature != 1 for temperature in self.temperatures)

    def apply(self, target: TargetEncoder, outputs: Floats) -> Floats:
        """Return outputs (n, *outputs) with calibrated probabilities."""
        if not self.changes:
            return outputs
        parts = zip(self.temperatures, target.split_outputs(outputs), strict=True)
        return np.concatenate([_scaled(part, temperature) for temperature, part in parts], axis=1).reshape(
            outputs.shape
        )

    def gradient(self, target: TargetEncoder, outputs: Floats, calibrated: Floats, dy: Floats) -> Floats:
        """Return the gradient of the outputs, given `dy`, that of `calibrated = apply(outputs)`. All (n, *outputs)."""
        if not self.changes:
            return dy
        split = (target.split_outputs(each) for each in (outputs, calibrated, dy))
        parts = zip(self.temperatures, *split, strict=True)
        return np.concatenate([_gradient(*part) for part in parts], axis=1).reshape(outputs.shape)

    def to_json(self) -> list[float]:
        """Return the temperatures, in the order of the target columns."""
        return list(self.temperatures)

    @classmethod
    def from_json(cls, data: Sequence[float]) -> "Calibration":
        """Read what `to_json` returned."""
        return cls(temperatures=tuple(data))


def _temperature(column: ColumnTarget, y: Array, outputs: Array, weights: Floats) -> float:
    if column.task == "regression" or len(y) < MIN_ROWS:
        return 1.0
    logits, classes = _logarithms(outputs), y.astype(np.int64)
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
        probabilities = _softmax(sharpness * logits)
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


def _scaled(outputs: Floats, temperature: float) -> Floats:
    if temperature == 1:
        return outputs
    probabilities = _softmax(_logarithms(outputs) / temperature)
    return probabilities if outputs.shape[1] > 1 else probabilities[:, 1:]


def _gradient(temperature: float, outputs: Floats, calibrated: Floats, dy: Floats) -> Floats:
    """Return dy through q = softmax(ln(p) / T): dq_i/dp_j = q_i (1 if i = j else 0 - q_j) / (T p_j)."""
    if temperature == 1:
        return dy
    if outputs.shape[1] == 1:
        of_both = np.maximum(outputs, MIN_PROBABILITY) * np.maximum(1 - outputs, MIN_BINARY_PROBABILITY)
        binary: Floats = dy * calibrated * (1 - calibrated) / (temperature * of_both)
        return binary
    mean = np.sum(calibrated * dy, axis=1, keepdims=True)
    dp: Floats = calibrated * (dy - mean) / (temperature * np.maximum(outputs, MIN_PROBABILITY))
    return dp


def _logarithms(outputs: Array) -> Floats:
    """Return finite logarithms of the probabilities of all classes, (n, classes)."""
    probabilities = class_probabilities(outputs)
    least = MIN_PROBABILITY if outputs.shape[1] > 1 else np.array([MIN_BINARY_PROBABILITY, MIN_PROBABILITY])
    return np.log(np.maximum(probabilities, least))


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
