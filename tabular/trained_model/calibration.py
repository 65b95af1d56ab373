"""Probabilities that are made more or less certain by a temperature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MIN_PROBABILITY = 1e-30  # its logarithm is finite
MIN_FIRST_PROBABILITY = 2.0**-25  # of the first of two classes, 1 - p: float32 rounds a smaller one to 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Temperature scaling of classes (Guo et al., "On Calibration of Modern Neural Networks", 2017).

    `temperatures`: of each column to predict, in the order of the target encoder. Above 1, answers become less
    certain; 1 changes nothing, and is the value for numbers.
    """

    temperatures: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the temperatures as JSON values."""
        return {"temperatures": list(self.temperatures)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Calibration":
        """Read what `to_json` returned."""
        return cls(temperatures=tuple(data["temperatures"]))


def scale_probabilities(probabilities: Floats, temperature: float) -> Floats:
    """Return softmax(log(p) / temperature) for p: (n, outputs): the same as dividing the logits.

    One output is the probability of the second of two classes. Probabilities that were rounded to 0 count as the
    smallest ones that would not have been: MIN_PROBABILITY, or MIN_FIRST_PROBABILITY for 1 - p.
    """
    if temperature == 1.0:
        return probabilities
    scaled = softmax(log_probabilities(probabilities) / temperature)
    return scaled[:, 1:] if probabilities.shape[1] == 1 else scaled


def scaling_gradient(probabilities: Floats, scaled: Floats, dy: Floats, temperature: float) -> Floats:
    """Return the gradient of the probabilities, given `dy`, that of `scaled`. All are (n, outputs).

    With q = softmax(ln(p) / T), dq_i/dp_j = q_i (1 if i = j else 0, minus q_j) / (T p_j).
    """
    if temperature == 1.0:
        return dy
    if probabilities.shape[1] == 1:
        p = np.maximum(probabilities, MIN_PROBABILITY) * np.maximum(1 - probabilities, MIN_FIRST_PROBABILITY)
        binary: Floats = dy * scaled * (1 - scaled) / (temperature * p)
        return binary
    mean = np.sum(scaled * dy, axis=1, keepdims=True)
    several: Floats = scaled * (dy - mean) / (temperature * np.maximum(probabilities, MIN_PROBABILITY))
    return several


def log_probabilities(probabilities: Floats) -> Floats:
    """Return finite logarithms of the probabilities of all classes, (n, classes), for p: (n, outputs)."""
    if probabilities.shape[1] > 1:
        logarithms: Floats = np.log(np.maximum(probabilities, MIN_PROBABILITY))
        return logarithms
    both = [np.maximum(1 - probabilities, MIN_FIRST_PROBABILITY), np.maximum(probabilities, MIN_PROBABILITY)]
    of_two: Floats = np.log(np.concatenate(both, axis=1))
    return of_two


def softmax(logits: Floats) -> Floats:
    """Return probabilities (n, classes) for logits (n, classes)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
