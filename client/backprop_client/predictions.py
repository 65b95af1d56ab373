"""Predictions of many rows: a sequence, with shortcuts to labels and values."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

from backprop_client.types.models import Prediction


class Predictions(Sequence[Prediction]):
    """One prediction for each row, in the order of the rows."""

    def __init__(self, predictions: Iterable[Prediction], model_id: str | None = None) -> None:
        self._predictions = list(predictions)
        self.model_id = model_id  # of the model behind an alias

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> list[Prediction]: ...
    def __getitem__(self, index: int | slice) -> Prediction | list[Prediction]:
        return self._predictions[index]

    def __len__(self) -> int:
        return len(self._predictions)

    def __repr__(self) -> str:
        return f"Predictions({self._predictions!r})"

    @property
    def labels(self) -> list[str | None]:
        """The most likely class of each row; None for models that predict numbers."""
        return [each.label for each in self._predictions]

    @property
    def values(self) -> list[float | None]:
        """The predicted number of each row; None for models that predict classes."""
        return [each.value for each in self._predictions]

    def probabilities(self, label: str) -> list[float | None]:
        """Return the probability of a class for each row."""
        return [(each.probabilities or {}).get(label) for each in self._predictions]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the predictions as JSON objects."""
        return [each.to_dict() for each in self._predictions]
