"""Predict with trained models. The models used last stay loaded."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from engine.interchange.safetensors import load_safetensors
from engine.memory import Array
from engine.network import Network
from engine.spec import LossSpec, ModelSpec
from store.artifacts import blobs, models
from store.db.database import Sessions
from store.db.transaction import snapshot
from store.ids import ProjectId
from store.tables import Model
from tabular.preprocessing.forecast import Forecast
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.readers.rows import table_from_rows
from tabular.reading import RowReading

MAX_LOADED = 32  # models


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A trained network with its preprocessing. Several threads may use it at the same time."""

    preprocessor: Preprocessor
    target: TargetEncoder
    reading: RowReading | None
    forecast: Forecast | None
    network: Network
    lock: threading.Lock = field(default_factory=threading.Lock)

    def predict(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return one prediction per row, or per time series of which the rows are the history. Raises `InvalidRows`."""
        if self.forecast is None:
            table = table_from_rows(rows, self.preprocessor.input_columns, self.reading)
            return self._answers(self.preprocessor.transform(table, dtype=self.network.dtype))
        table = table_from_rows(rows, self.forecast.input_columns(self.preprocessor), self.reading)
        windows = self.forecast.windows(table)
        answers = self._answers(self.forecast.inputs(self.preprocessor, table, windows, self.network.dtype))
        described = self.forecast.describe(table, windows)
        return [{**answer, **about} for answer, about in zip(answers, described, strict=True)]

    def _answers(self, x: Array) -> list[dict[str, Any]]:
        with self.lock:  # a network has one working memory
            outputs = self.network.predict(x)
        return self.target.decode(np.asarray(outputs))


class Predictors:
    """The loaded models of this process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._loaded: OrderedDict[str, Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, project: ProjectId, model_id: str) -> Predictor:
        """Return the predictor of the project's model. Raises `NotFound`."""
        with snapshot(self._sessions) as tx:
            model = models.get(tx, project, model_id)
        with self._lock:
            if model_id in self._loaded:
                self._loaded.move_to_end(model_id)
                return self._loaded[model_id]
        predictor = _load(model, b"".join(blobs.read_verified(self._sessions, model.blob_id)))
        with self._lock:
            self._loaded[model_id] = predictor
            if len(self._loaded) > MAX_LOADED:
                self._loaded.popitem(last=False)
        return predictor


def _shape(outputs: int | list[int]) -> int | tuple[int, ...]:
    return outputs if isinstance(outputs, int) else tuple(outputs)


def _load(model: Model, weights: bytes) -> Predictor:
    architecture = model.architecture
    network = Network(
        ModelSpec.model_validate({"layers": architecture["layers"]}).layers,
        inputs=architecture["inputs"],
        outputs=_shape(architecture["outputs"]),
        loss=TypeAdapter(LossSpec).validate_python(architecture["loss"]),
        precision=architecture["precision"],
    )
    network.load_torch_state(load_safetensors(weights))
    return Predictor(
        preprocessor=Preprocessor.from_json(model.preprocessing["features"]),
        target=TargetEncoder.from_json(model.preprocessing["target"]),
        reading=RowReading.from_json(reading) if (reading := model.preprocessing.get("reading")) else None,
        forecast=Forecast.from_json(windows) if (windows := model.preprocessing.get("sequence")) else None,
        network=network,
    )
