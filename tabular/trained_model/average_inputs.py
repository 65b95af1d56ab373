"""The average of a bag's training inputs: the baseline that explanations compare a row with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.network import Network
from engine.spec import ColumnEmbeddingSpec, EmbeddingSpec

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageInputs:
    """The mean of each input, (inputs,), and of inputs that are category numbers how often each category occurs.

    shares: (categories,) by the number of the input. Their means are 0: category numbers have no mean.
    """

    means: Floats
    shares: Mapping[int, Floats]

    @classmethod
    def of(cls, x: Array, network: Network) -> "AverageInputs":
        """Return the average of training rows x: (rows, inputs) for networks with the same layers."""
        categories = _categories(network)
        means = x.mean(axis=0, dtype=np.float64)
        means[list(categories)] = 0
        return cls(means=means, shares={column: _shares(x[:, column], count) for column, count in categories.items()})

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values with 7 digits, which float32 has, too."""
        shares = {str(column): _short(values) for column, values in self.shares.items()}
        return {"means": _short(self.means), "shares": shares}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "AverageInputs":
        """Read what `to_json` returned."""
        shares = {int(column): np.array(values) for column, values in data["shares"].items()}
        return cls(means=np.array(data["means"]), shares=shares)


def _categories(network: Network) -> dict[int, int]:
    """Return how many categories each input has that the first layer looks up."""
    match network.specs[:1]:
        case (ColumnEmbeddingSpec() as spec,):
            return {column.column: column.categories for column in spec.columns}
        case (EmbeddingSpec() as spec,):
            return dict.fromkeys(range(network.inputs), spec.vocabulary)
    return {}


def _shares(numbers: Array, categories: int) -> Floats:
    clipped = np.clip(numbers, 0, categories - 1).astype(np.int64)
    return np.bincount(clipped, minlength=categories) / max(len(numbers), 1)


def _short(values: Floats) -> list[float]:
    return [float(f"{value:.7g}") for value in values.tolist()]
