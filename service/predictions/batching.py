"""Predict rows of requests that arrive at the same time together: one call of the network for all of them."""

import asyncio
from collections import defaultdict

from anyio import to_thread

from service.predictions.loaded_models import LoadedModels
from store.ids import ProjectId
from tabular.errors import InvalidRows
from tabular.trained_model.trained_model import Answers, Rows, TrainedModel

MAX_JOINED_ROWS = 256  # a request with more rows is predicted by itself
MAX_BATCH_REQUESTS = 64  # so that nobody waits long

Waiting = tuple[Rows, asyncio.Future[Answers]]


class PredictionBatches:
    """Collects the rows that arrive while a batch of the same model is predicted in a thread."""

    def __init__(self, loaded_models: LoadedModels) -> None:
        self._loaded_models = loaded_models
        self._waiting: defaultdict[int, list[Waiting]] = defaultdict(list)  # by the identity of the model
        self._running: dict[int, asyncio.Task[None]] = {}

    async def predict(self, project: ProjectId, model_id: str, rows: Rows) -> Answers:
        """Return one prediction per row.

        Raises:
            NotFound: the project has no such model.
            InvalidRows: rows do not fit the model.
        """
        model = self._loaded_models.current(project, model_id)
        if model is None:
            model = await to_thread.run_sync(self._loaded_models.get, project, model_id)
        if len(rows) > MAX_JOINED_ROWS:
            return await to_thread.run_sync(model.predict, rows)
        answer: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
        self._waiting[id(model)].append((rows, answer))
        if id(model) not in self._running:
            self._running[id(model)] = asyncio.create_task(self._run(model))
        return await answer

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


async def _predict(model: TrainedModel, batch: list[Waiting]) -> None:
    try:
        results = await to_thread.run_sync(model.predict_each, [rows for rows, _ in batch])
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
