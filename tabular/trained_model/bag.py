"""Networks that read the same inputs and answer together."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.memory import SharedArena
from engine.network import BLOCK_ROWS, Network
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.row_inputs.row_encoding import RowEncoding
from tabular.readers.rows import column_of_cells

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)  # without slots, so that the encoding is kept
class Bag:
    """Networks with one preprocessing. `weight`: the share of the bag in the answers of its model."""

    preprocessor: Preprocessor
    networks: tuple[Network, ...]
    weight: float = 1.0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the inputs."""
        return self.networks[0].dtype

    @cached_property
    def encoding(self) -> RowEncoding:
        """How the values of rows become inputs."""
        types = {column.name: column for column in self.preprocessor.input_columns}
        return RowEncoding(self.preprocessor, lambda name, cells: column_of_cells(cells, types[name]))

    def allocate(self) -> None:
        """Allocate what predictions need. The networks share it, as they run one after another."""
        shared = SharedArena(self.networks[0].arena)
        for network in self.networks:
            shared.begin()
            network.allocate(BLOCK_ROWS, training=False, arena=shared)

    @property
    def bytes(self) -> int:
        """The size of weights and working memory."""
        return sum(network.arena.bytes for network in self.networks)

    def outputs(self, x: Array) -> Floats:
        """Return the mean of the networks' outputs, (n, *outputs), for inputs x: (n, inputs).

        Outputs are probabilities, or numbers as the networks learned them. Their mean is float64. Networks have
        one working memory each, so only one thread at a time may call this.
        """
        total = self.networks[0].predict(x).astype(np.float64)
        for network in self.networks[1:]:
            total += network.predict(x)
        if len(self.networks) > 1:
            total /= len(self.networks)
        return total
