"""The encoder for ordered categories; it has the methods described in `tabular.preprocessing.encoders.numeric`."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.encodings import Encoding
from tabular.preprocessing.encoders.categorical import label_codes
from tabular.preprocessing.encoders.indicators import OneInput, has_indicator
from tabular.table import TableColumn

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalEncoder(OneInput):
    """The position of the category in `categories`, in equal steps from -1 (the first) to 1 (the last).

    Unseen and missing values become 0, the middle. `indicator`: another input is 1 where the value is missing.
    """

    encoding: ClassVar[Encoding] = "ordinal"
    categories: tuple[str, ...]
    indicator: bool

    @classmethod
    def fit(
        cls, column: TableColumn, *, order: tuple[str, ...] | None = None, indicator: bool | None = None
    ) -> "OrdinalEncoder":
        """Use the given order, or sort the categories of the training rows."""
        if order is None:
            codes, labels = label_codes(column)
            order = tuple(labels[code] for code in np.unique(codes[~column.missing]))
        return cls(categories=order, indicator=has_indicator(column, requested=indicator))

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        steps = np.linspace(-1, 1, len(self.categories)) if len(self.categories) > 1 else np.zeros(1)
        positions = dict(zip(self.categories, steps.tolist(), strict=False))
        codes, labels = label_codes(column)
        by_code = np.array([*(positions.get(label, 0.0) for label in labels), 0.0])
        out[:, 0] = by_code[np.where(column.missing, len(labels), codes)]
        if self.indicator:
            out[:, 1] = column.missing
