"""Requests with rows to predict, for a model or for the model behind an alias."""

import time
from typing import Any

from anyio import to_thread
from fastapi import Response
from pydantic_core import to_json

from api.http.requests.json_body import JsonRoute
from api.models.prediction_schemas import PredictionsRequest
from service.bootstrap import Services
from service.metrics.definitions import PREDICTION_ROWS, PREDICTION_SECONDS
from store.ids import ProjectId
from tabular.trained_model.detailed_predictions import Details

MAX_ROWS_ON_LOOP = 100  # of an answer; longer ones are written in a thread: other requests must not wait


class PredictionsRoute(JsonRoute):
    """A route for rows, which need more bytes and values than other requests."""

    limit = "max_prediction_bytes"
    max_values = None


async def predict_rows(
    services: Services, project: ProjectId, model_id: str, body: PredictionsRequest, *, names_model: bool = False
) -> Response:
    """Return the response with the predictions of a model, and with its id if `names_model`."""
    began = time.perf_counter()
    details = Details(interval=body.interval, explain=body.explain)
    predicted = await services.prediction_batches.predict(project, model_id, body.rows, details)
    services.metrics.observe(PREDICTION_SECONDS, time.perf_counter() - began)
    services.metrics.count(PREDICTION_ROWS, amount=len(body.rows))
    services.activity.rows_predicted(project, len(body.rows))
    answer = {"model_id": model_id} if names_model else {}
    return Response(await _as_json({**answer, "predictions": predicted}), media_type="application/json")


async def _as_json(answer: dict[str, Any]) -> bytes:
    is_long = len(answer["predictions"]) > MAX_ROWS_ON_LOOP
    return await to_thread.run_sync(to_json, answer) if is_long else to_json(answer)
