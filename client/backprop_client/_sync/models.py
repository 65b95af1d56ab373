"""Models: predict, evaluate, download and delete."""

# Generated from the same file in _async by client/generator; do not edit.

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backprop_client._sync.downloading import Progress, download
from backprop_client._sync.pages import Pages
from backprop_client._sync.predicting import predict
from backprop_client._sync.transport import Transport
from backprop_client.formats import WeightsFormat
from backprop_client.paths import target_file
from backprop_client.predictions import Predictions
from backprop_client.requests import Request, path_of
from backprop_client.types import comparisons, evaluations, model_cards, models


class Model(models.Model):
    """A trained network with its preprocessing."""

    __slots__ = ("_models",)

    def __init__(self, collection: "Models", data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self._models = collection

    def predict(self, rows: Any, *, explain: bool = False, interval: float | None = None) -> Predictions:
        """Predict rows; see `client.models.predict`."""
        return self._models.predict(self.id, rows, explain=explain, interval=interval)

    def evaluation(self) -> evaluations.Evaluation:
        """Return how good the model is on rows that it was not trained on, beside the naive baseline."""
        return self._models.evaluation(self.id)

    def contributions(self) -> dict[str, Any]:
        """Return how much each layer and the largest weights contributed to the error."""
        return self._models.contributions(self.id)

    def card(self) -> model_cards.ModelCard:
        """Return the model card: data, training, scores and limits of the model."""
        return self._models.card(self.id)

    def card_html(self) -> str:
        """Return the model card as a page."""
        return self._models.card_html(self.id)

    def download(
        self,
        path: str | Path,
        *,
        format: WeightsFormat = "safetensors",
        progress: Progress | None = None,
    ) -> Path:
        """Save the model as a file; see `client.models.download`."""
        return self._models.download(self.id, path, format=format, progress=progress)

    def delete(self) -> None:
        """Delete the model. Raises `ConflictError` while an alias or a job needs it."""
        self._models.delete(self.id)


class Models:
    """The models of the project: `client.models`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, page_size: int | None = None) -> Pages[Model]:
        """Iterate over the models, newest first."""
        return Pages(self._transport, path_of("models"), {"limit": page_size}, self._make)

    def get(self, model_id: str) -> Model:
        """Return a model."""
        return self._make(self._transport.get(path_of("models", model_id)))

    def predict(self, model_id: str, rows: Any, *, explain: bool = False, interval: float | None = None) -> Predictions:
        """Predict rows, and return one prediction for each, in the same order.

        rows: a list of rows (each a mapping of column names to values, as in the uploaded file), a single row, or a
            data frame of pandas or polars. Missing values may be None, NaN or left out.
        explain: add how much each column contributes to the answer.
        interval: add an interval to each number and a set of labels to each class, which contain the truth this often:
            0.9 means 9 of 10 times.

        More than 10,000 rows are sent in several requests. Raises `InvalidRequestError` for unknown columns and values
        of a wrong type; its pointers count the rows of `rows`.
        """
        options = {"explain": explain or None, "interval": interval}
        return predict(self._transport, path_of("models", model_id, "predictions"), rows, options)

    def evaluation(self, model_id: str) -> evaluations.Evaluation:
        """Return how good a model is on rows that it was not trained on, beside the naive baseline."""
        return evaluations.Evaluation(self._transport.get(path_of("models", model_id, "evaluation")))

    def contributions(self, model_id: str) -> dict[str, Any]:
        """Return how much each layer and the largest weights contributed to the error."""
        found: dict[str, Any] = self._transport.get(path_of("models", model_id, "contributions"))
        return found

    def card(self, model_id: str) -> model_cards.ModelCard:
        """Return the model card."""
        return model_cards.ModelCard(self._transport.get(path_of("models", model_id, "card")))

    def card_html(self, model_id: str) -> str:
        """Return the model card as a page."""
        request = Request(method="GET", path=path_of("models", model_id, "card"), headers={"Accept": "text/html"})
        return (self._transport.send(request)).text

    def download(
        self,
        model_id: str,
        path: str | Path,
        *,
        format: WeightsFormat = "safetensors",
        progress: Progress | None = None,
    ) -> Path:
        """Save a model as a file, and return the file. `path` is a file or a folder.

        format: `safetensors` with PyTorch's names and layouts, `npz` for NumPy, or `onnx` with the preprocessing.
        progress: called with the bytes that have arrived and the bytes in all (None if unknown).

        Goes on where it stopped after a lost connection, and compares the digest. The file has its name only when it is
        complete.
        """
        target = target_file(path, f"{model_id}.{format}")
        parameters = {"format": format}
        source = path_of("models", model_id, "weights")
        return download(self._transport, source, target, parameters=parameters, progress=progress)

    def compare(self, dataset_id: str, model_ids: Sequence[str]) -> comparisons.Comparison:
        """Score models on the same rows, and return which one is better and whether that is certain."""
        body = {"dataset_id": dataset_id, "model_ids": [*model_ids]}
        return comparisons.Comparison(self._transport.compute(path_of("comparisons"), body))

    def delete(self, model_id: str) -> None:
        """Delete a model. Raises `ConflictError` while an alias or a job needs it."""
        self._transport.delete(path_of("models", model_id))

    def _make(self, data: Mapping[str, Any]) -> Model:
        return Model(self, data)
