"""Models: predict, evaluate, download and delete."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backprop_client._async.downloading import Progress, download
from backprop_client._async.pages import AsyncPages
from backprop_client._async.predicting import predict
from backprop_client._async.transport import AsyncTransport
from backprop_client.formats import WeightsFormat
from backprop_client.paths import target_file
from backprop_client.predictions import Predictions
from backprop_client.requests import Request, path_of
from backprop_client.types import comparisons, evaluations, model_cards, models


class AsyncModel(models.Model):
    """A trained network with its preprocessing."""

    __slots__ = ("_models",)

    def __init__(self, collection: "AsyncModels", data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self._models = collection

    async def predict(self, rows: Any, *, explain: bool = False, interval: float | None = None) -> Predictions:
        """Predict rows; see `client.models.predict`."""
        return await self._models.predict(self.id, rows, explain=explain, interval=interval)

    async def evaluation(self) -> evaluations.Evaluation:
        """Return how good the model is on rows that it was not trained on, beside the naive baseline."""
        return await self._models.evaluation(self.id)

    async def contributions(self) -> dict[str, Any]:
        """Return how much each layer and the largest weights contributed to the error."""
        return await self._models.contributions(self.id)

    async def card(self) -> model_cards.ModelCard:
        """Return the model card: data, training, scores and limits of the model."""
        return await self._models.card(self.id)

    async def card_html(self) -> str:
        """Return the model card as a page."""
        return await self._models.card_html(self.id)

    async def download(
        self,
        path: str | Path,
        *,
        format: WeightsFormat = "safetensors",
        progress: Progress | None = None,
    ) -> Path:
        """Save the model as a file; see `client.models.download`."""
        return await self._models.download(self.id, path, format=format, progress=progress)

    async def delete(self) -> None:
        """Delete the model. Raises `ConflictError` while an alias or a job needs it."""
        await self._models.delete(self.id)


class AsyncModels:
    """The models of the project: `client.models`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, *, page_size: int | None = None) -> AsyncPages[AsyncModel]:
        """Iterate over the models, newest first."""
        return AsyncPages(self._transport, path_of("models"), {"limit": page_size}, self._make)

    async def get(self, model_id: str) -> AsyncModel:
        """Return a model."""
        return self._make(await self._transport.get(path_of("models", model_id)))

    async def predict(
        self, model_id: str, rows: Any, *, explain: bool = False, interval: float | None = None
    ) -> Predictions:
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
        return await predict(self._transport, path_of("models", model_id, "predictions"), rows, options)

    async def evaluation(self, model_id: str) -> evaluations.Evaluation:
        """Return how good a model is on rows that it was not trained on, beside the naive baseline."""
        return evaluations.Evaluation(await self._transport.get(path_of("models", model_id, "evaluation")))

    async def contributions(self, model_id: str) -> dict[str, Any]:
        """Return how much each layer and the largest weights contributed to the error."""
        found: dict[str, Any] = await self._transport.get(path_of("models", model_id, "contributions"))
        return found

    async def card(self, model_id: str) -> model_cards.ModelCard:
        """Return the model card."""
        return model_cards.ModelCard(await self._transport.get(path_of("models", model_id, "card")))

    async def card_html(self, model_id: str) -> str:
        """Return the model card as a page."""
        request = Request(method="GET", path=path_of("models", model_id, "card"), headers={"Accept": "text/html"})
        return (await self._transport.send(request)).text

    async def download(
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
        return await download(self._transport, source, target, parameters=parameters, progress=progress)

    async def compare(self, dataset_id: str, model_ids: Sequence[str]) -> comparisons.Comparison:
        """Score models on the same rows, and return which one is better and whether that is certain."""
        body = {"dataset_id": dataset_id, "model_ids": [*model_ids]}
        return comparisons.Comparison(await self._transport.compute(path_of("comparisons"), body))

    async def delete(self, model_id: str) -> None:
        """Delete a model. Raises `ConflictError` while an alias or a job needs it."""
        await self._transport.delete(path_of("models", model_id))

    def _make(self, data: Mapping[str, Any]) -> AsyncModel:
        return AsyncModel(self, data)
