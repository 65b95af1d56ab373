"""Predict rows of requests that arrive at the same time together: one call of the network for all of them."""

import asyncio
from collections import defaultdict

from anyio import to_thread

from service.predictions.loaded_models import LoadedModels
from service.predictions.predictor import Predictions, Predictor, Rows
from store.ids import ProjectId
from tabular.errors import InvalidRows

MAX_JOINED_ROWS = 256  # a request with more rows is predicted by itself
MAX_BATCH_REQUESTS = 64  # so that nobody waits long

Waiting = tuple[Rows, asyncio.Future[Predictions]]


class PredictionBatches:
    """Collects the rows that arrive while a batch of the same model is predicted in a thread."""

    def __init__(self, loaded_models: LoadedModels) -> None:
        self._loaded_models = loaded_models
        self._waiting: defaultdict[int, list[Waiting]] = defaultdict(list)  # by the identity of the predictor
        self._running: dict[int, asyncio.Task[None]] = {}

    async def predict(self, project: ProjectId, model_id: str, rows: Rows) -> Predictions:
        """Return one prediction per row.

        Raises:
            NotFound: the project has no such model.
            InvalidRows: rows do not fit the model.
        """
        predictor = self._loaded_models.current(project, model_id)
        if predictor is None:
            predictor = await to_thread.run_sync(self._loaded_models.get, project, model_id)
        if len(rows) > MAX_JOINED_ROWS:
            return await to_thread.run_sync(predictor.predict, rows)
        answer: asyncio.Future[Predictions] = asyncio.get_running_loop().create_future()
        self._waiting[id(predictor)].append((rows, answer))
        if id(predictor) not in self._running:
            self._running[id(predictor)] = asyncio.create_task(self._run(predictor))
        return await answer

    async def _run(self, predictor: Predictor) -> None:
        """Predict what waits for a model until nothing does."""
        waiting = self._waiting[id(predictor)]
        try:
            while waiting:
                batch = waiting[:MAX_BATCH_REQUESTS]
                del waiting[:MAX_BATCH_REQUESTS]
                await _predict(predictor, batch)
        finally:
            del self._running[id(predictor)], self._waiting[id(predictor)]


async def _predict(predictor: Predictor, batch: list[Waiting]) -> None:
    try:
        results = await to_thread.run_sync(predictor.predict_each, [rows for rows, _ in batch])
    except Exception as error:  # noqa: BLE001 - each request reports it
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(error)
        return
    for (_, answer), result in zip(batch, results, strict=True):
        if answer.done():  # the client is gone
            continue
        if isinstance(result, InvalidRows):
            answer.set_exception(result)
        else:
            answer.set_result(result)
