"""Predict rows of requests that arrive at the same time together: one call of the network for all of them.

What takes less time than a thread needs to start is predicted on the event loop, together with what arrived in the same
round of it. Everything else is predicted in a thread, together with what arrives while another batch is predicted.
"""

import asyncio
from collections import defaultdict

from anyio import to_thread

from service.predictions.loaded_models import LoadedModels
from store.ids import ProjectId
from tabular.errors import InvalidRows
from tabular.trained_model.detailed_predictions import Details, predict_in_detail
from tabular.trained_model.trained_model import Answers, Rows, TrainedModel

MAX_JOINED_ROWS = 256  # a request with more rows is predicted by itself
MAX_BATCH_REQUESTS = 64  # so that nobody waits long
MAX_QUICK_ROWS = 16  # of a request that is predicted on the event loop
MAX_QUICK_FLOPS = 1_000_000  # of its networks: less than a millisecond

Waiting = tuple[Rows, asyncio.Future[Answers]]


class PredictionBatches:
    """Collects the rows that arrive while a batch of the same model is predicted in a thread."""

    def __init__(self, loaded_models: LoadedModels) -> None:
        self._loaded_models = loaded_models
        self._waiting: defaultdict[int, list[Waiting]] = defaultdict(list)  # by the identity of the model
        self._running: dict[int, asyncio.Task[None]] = {}
        self._quick: defaultdict[int, list[Waiting]] = defaultdict(list)

    def has_loaded(self, project: ProjectId, model_id: str) -> bool:
        """Return whether the project's model is loaded, so that no query is needed to predict."""
        return self._loaded_models.current(project, model_id) is not None

    async def predict(self, project: ProjectId, model_id: str, rows: Rows, details: Details | None = None) -> Answers:
        """Return one prediction per row.

        Raises:
            NotFound: the project has no such model.
            InvalidRows: rows do not fit the model, or it cannot give the details.
        """
        model = self._loaded_models.current(project, model_id)
        if model is None:
            model = await to_thread.run_sync(self._loaded_models.get, project, model_id)
        if details and details.requested:
            return await to_thread.run_sync(predict_in_detail, model, rows, details)
        if len(rows) > MAX_JOINED_ROWS:
            return await to_thread.run_sync(model.predict, rows)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answers] = loop.create_future()
        if _is_quick(model, rows):
            if id(model) not in self._quick:
                loop.call_soon(self._predict_quick, model)
            self._quick[id(model)].append((rows, answer))
            return await answer
        self._waiting[id(model)].append((rows, answer))
        if id(model) not in self._running:
            self._running[id(model)] = asyncio.create_task(self._run(model))
        return await answer

    def _predict_quick(self, model: TrainedModel) -> None:
        batch = self._quick.pop(id(model))
        for start in range(0, len(batch), MAX_BATCH_REQUESTS):
            _predict_now(model, batch[start : start + MAX_BATCH_REQUESTS])

    async def _run(self, model: TrainedModel) -> None:
        """Predict what waits for a model until nothing does."""
        waiting = self._waiting[id(model)]
        try:
            while waiting:
                batch = waiting[:MAX_BATCH_REQUESTS]
                del waiting[:MAX_BATCH_REQUESTS]
                await _predict(model, batch)
        finally:
            del self._running[id(model)], self._waiting[id(model)]


def _is_quick(model: TrainedModel, rows: Rows) -> bool:
    """Tell whether rows are predicted in less time than a thread needs to start. A busy model would make them wait."""
    few = len(rows) <= MAX_QUICK_ROWS and model.forecast is None and not model.is_busy
    return few and model.flops * len(rows) <= MAX_QUICK_FLOPS


def _predict_now(model: TrainedModel, batch: list[Waiting]) -> None:
    try:
        results = model.predict_each([rows for rows, _ in batch])
    except Exception as error:  # noqa: BLE001 - each request reports it
        _fail(batch, error)
    else:
        _answer(batch, results)


async def _predict(model: TrainedModel, batch: list[Waiting]) -> None:
    try:
        results = await to_thread.run_sync(model.predict_each, [rows for rows, _ in batch])
    except Exception as error:  # noqa: BLE001 - each request reports it
        _fail(batch, error)
    else:
        _answer(batch, results)


def _fail(batch: list[Waiting], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)


def _answer(batch: list[Waiting], results: list[Answers | InvalidRows]) -> None:
    for (_, answer), result in zip(batch, results, strict=True):
        if answer.done():  # the client is gone
            continue
        if isinstance(result, InvalidRows):
            answer.set_exception(result)
        else:
            answer.set_result(result)
