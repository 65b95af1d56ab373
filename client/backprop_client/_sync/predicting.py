"""Predict rows, in as many requests as they need."""

# Generated from the same file in _async by client/generator; do not edit.

import re
from collections.abc import Mapping
from typing import Any

from backprop_client._sync import runtime
from backprop_client._sync.transport import Transport
from backprop_client.errors import ApiError
from backprop_client.predictions import Predictions
from backprop_client.requests import without_none
from backprop_client.tables.row_batches import batches_of, rows_of
from backprop_client.types.models import Prediction


def predict(transport: Transport, path: str, table: Any, options: Mapping[str, Any]) -> Predictions:
    """Return the predictions of rows or of a data frame."""
    rows = runtime.in_thread(rows_of, table)
    found: list[Prediction] = []
    model_id: str | None = None
    for start, batch in batches_of(rows, explain=bool(options["explain"])):
        try:
            answer = transport.compute(path, without_none({"rows": batch, **options}))
        except ApiError as error:
            raise with_rows_from(error, start) from None
        model_id = answer.get("model_id", model_id)
        found += map(Prediction, answer["predictions"])
    return Predictions(found, model_id)


def with_rows_from(error: ApiError, start: int) -> ApiError:
    """Return the error with pointers that count all rows, not those of one request."""
    if start == 0 or not error.errors:
        return error
    problem = {**error.problem, "errors": [_moved(each, start) for each in error.problem["errors"]]}
    return type(error)(error.status, problem, error.headers)


def _moved(problem: Mapping[str, Any], start: int) -> dict[str, Any]:
    pointer = problem.get("pointer") or ""
    found = re.fullmatch(r"/rows/(\d+)(.*)", pointer)
    return {**problem, "pointer": f"/rows/{int(found[1]) + start}{found[2]}" if found else pointer or None}
