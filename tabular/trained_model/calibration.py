"""Probabilities that are made more or less certain by a temperature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


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

    One output is the probability of the second of two classes.
    """
    if temperature == 1.0:
        return probabilities
    both = probabilities
    if probabilities.shape[1] == 1:
        both = np.concatenate([1 - probabilities, probabilities], axis=1)
    highest = both.max(axis=1, keepdims=True)
    scaled: Floats = (both / highest) ** (1 / temperature)
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled[:, 1:] if probabilities.shape[1] == 1 else scaled
