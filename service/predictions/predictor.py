"""A trained model that predicts rows as the business application sends them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from engine.interchange.safetensors import load_safetensors
from engine.memory import Array
from engine.network import Network
from engine.spec import LossSpec, ModelSpec
from store.tables import Model
from tabular.errors import InvalidRows
from tabular.preprocessing.forecast import Forecast
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.readers.rows import table_from_rows
from tabular.reading import InputColumn, RowReading

Rows = Sequence[dict[str, Any]]
Predictions = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A trained network with its preprocessing. Several threads may use it at the same time.

    A row that is predicted together with others can differ in its last digits from the same row alone, by less than
    1e-6: matrix products of other shapes add their terms in another order.
    """

    preprocessor: Preprocessor
    columns: Sequence[InputColumn]
    target: TargetEncoder
    reading: RowReading | None
    forecast: Forecast | None
    network: Network
    bytes: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def predict(self, rows: Rows) -> Predictions:
        """Return one prediction per row, or per time series of which the rows are the history. Raises `InvalidRows`."""
        if self.forecast is None:
            table = table_from_rows(rows, self.columns, self.reading)
            return self._answers(self.preprocessor.transform(table, dtype=self.network.dtype))
        table = table_from_rows(rows, self.forecast.input_columns(self.preprocessor), self.reading)
        windows = self.forecast.windows(table)
        answers = self._answers(self.forecast.inputs(self.preprocessor, table, windows, self.network.dtype))
        described = self.forecast.describe(table, windows)
        return [{**answer, **about} for answer, about in zip(answers, described, strict=True)]

    def predict_each(self, requests: Sequence[Rows]) -> list[Predictions | InvalidRows]:
        """Predict the rows of several requests together. Invalid rows of one request do not concern the others."""
        if self.forecast is not None or len(requests) == 1:  # rows of a history belong together
            return [self._try(rows) for rows in requests]
        try:
            predictions = iter(self.predict([row for rows in requests for row in rows]))
        except InvalidRows:
            return [self._try(rows) for rows in requests]
        return [[next(predictions) for _ in rows] for rows in requests]

    def _try(self, rows: Rows) -> Predictions | InvalidRows:
        try:
            return self.predict(rows)
        except InvalidRows as error:
            return error

    def _answers(self, x: Array) -> Predictions:
        with self.lock:  # a network has one working memory
            outputs = self.network.predict(x)
        return self.target.decode(np.asarray(outputs))


def load_predictor(model: Model, weights: bytes) -> Predictor:
    """Return the predictor of a stored model."""
    architecture = model.architecture
    network = Network(
        ModelSpec.model_validate({"layers": architecture["layers"]}).layers,
        inputs=architecture["inputs"],
        outputs=_shape(architecture["outputs"]),
        loss=TypeAdapter(LossSpec).validate_python(architecture["loss"]),
        precision=architecture["precision"],
    )
    network.load_torch_state(load_safetensors(weights))
    preprocessor = Preprocessor.from_json(model.preprocessing["features"])
    return Predictor(
        preprocessor=preprocessor,
        columns=preprocessor.input_columns,
        target=TargetEncoder.from_json(model.preprocessing["target"]),
        reading=RowReading.from_json(reading) if (reading := model.preprocessing.get("reading")) else None,
        forecast=Forecast.from_json(windows) if (windows := model.preprocessing.get("sequence")) else None,
        network=network,
        bytes=len(weights) + len(str(model.preprocessing)),
    )


def _shape(outputs: int | list[int]) -> int | tuple[int, ...]:
    return outputs if isinstance(outputs, int) else tuple(outputs)
