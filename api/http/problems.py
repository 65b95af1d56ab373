"""Turning whatever goes wrong into one kind of answer: application/problem+json, with every problem at once."""

import errno
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from api.http import errors
from api.http.errors import Refused
from api.http.json_pointers import InvalidField, invalid_fields
from engine.errors import InvalidWeights
from store import errors as store_errors
from store.db.pages import InvalidCursor
from tabular.errors import InvalidDataset, InvalidPlan, InvalidRows, OverLimit
from tabular.readers.sandbox import IngestFailed

log = logging.getLogger("api")

PROBLEM = "application/problem+json"
REFUSALS: dict[type[Exception], type[Refused]] = {
    store_errors.NotFound: errors.Missing,
    store_errors.JobFinished: errors.Finished,
    store_errors.JobUnfinished: errors.NotReady,
    store_errors.DatasetInUse: errors.InUse,
    store_errors.ModelInUse: errors.ModelInUse,
    store_errors.WeightsInUse: errors.WeightsInUse,
    store_errors.BlobGone: errors.Missing,
    store_errors.IdempotencyMismatch: errors.Mismatch,
    store_errors.IdempotencyInProgress: errors.InProgress,
    InvalidCursor: errors.InvalidCursorError,
}
STATUSES = {
    refusal.status: refusal
    for refusal in (
        errors.MalformedJson,
        errors.Missing,
        errors.MethodNotAllowed,
        errors.TooLarge,
        errors.UnsupportedMediaType,
    )
}
RETRY_SECONDS = "5"


def install(app: FastAPI) -> None:
    """Answer every kind of failure of `app` as a problem."""
    handlers: dict[Any, Callable[[Request, Any], JSONResponse]] = {
        Refused: _respond,
        RequestValidationError: _invalid,
        HTTPException: _http,
        store_errors.StoreError: _store,
        InvalidCursor: _store,
        InvalidDataset: _dataset,
        IngestFailed: _reader_died,
        InvalidPlan: _pointed,
        InvalidRows: _pointed,
        InvalidWeights: _pointed,
        DBAPIError: _database,
        PoolTimeoutError: _database,
        OSError: _system,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _respond(request: Request, refused: Refused) -> JSONResponse:
    problem: dict[str, Any] = {
        "type": f"urn:backprop:problem:{refused.code}",
        "title": refused.title,
        "status": refused.status,
        "detail": refused.detail,
        "code": refused.code,
        "request_id": getattr(request.state, "request_id", None),
    }
    if refused.errors:
        problem["errors"] = refused.errors
    return JSONResponse(problem, refused.status, refused.headers, PROBLEM)


def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    if any(problem["type"] == "json_invalid" for problem in error.errors()):
        reason = error.errors()[0]["ctx"]["error"]
        return _respond(request, errors.MalformedJson(f"The body cannot be read as JSON: {reason}."))
    return _respond(request, refusal(invalid_fields(error.errors(), error.body)))


def refusal(fields: list[InvalidField]) -> Refused:
    """The answer to a request in which all of `fields` are wrong."""
    headers = [field for field in fields if field.pointer.startswith("header ")]
    if headers and len(headers) == len(fields):
        return errors.InvalidHeader("; ".join(f"{field.pointer}: {field.detail}" for field in fields))
    return errors.InvalidRequest(_count(len(fields)), errors=[field.as_json() for field in fields])


def _http(request: Request, error: HTTPException) -> JSONResponse:
    kind = STATUSES.get(error.status_code, Refused)
    detail = f"{request.method} {request.url.path}: {error.detail or HTTPStatus(error.status_code).phrase}"
    refused = kind(detail, headers=error.headers)
    return _respond(request, refused)


def _store(request: Request, error: Exception) -> JSONResponse:
    kind = REFUSALS.get(type(error))
    if kind is None:
        return internal(request, error)
    return _respond(request, kind(f"{str(error)[:1].upper()}{str(error)[1:]}."))


def _dataset(request: Request, error: InvalidDataset) -> JSONResponse:
    kind = errors.OverTheLimit if isinstance(error, OverLimit) else errors.InvalidDatasetFile
    listed = [
        {name: getattr(problem, name) for name in ("line", "column", "value", "detail", "fix")}
        for problem in error.problems
    ]
    return _respond(request, kind(_count(len(listed)), errors=listed))


def _reader_died(request: Request, error: IngestFailed) -> JSONResponse:
    log.error("the process that read an upload died: %s", error)
    detail = "The process that read the file died. Nothing was stored; try again."
    return _respond(request, errors.Unavailable(detail, headers={"Retry-After": RETRY_SECONDS}))


def _pointed(request: Request, error: InvalidPlan | InvalidRows | InvalidWeights) -> JSONResponse:
    kind = errors.InvalidWeightsFile if isinstance(error, InvalidWeights) else errors.InvalidRequest
    listed = [{"pointer": problem.pointer, "detail": problem.detail} for problem in error.problems]
    return _respond(request, kind(_count(len(listed)), errors=listed))


def _database(request: Request, error: Exception) -> JSONResponse:
    if "full" in str(error).lower() and isinstance(error, OperationalError):
        return _system(request, OSError(errno.ENOSPC, "database or disk is full"))
    if isinstance(error, OperationalError | PoolTimeoutError):
        log.warning("the database cannot be reached: %s", error)
        detail = "The database cannot be reached. Nothing was lost; try again."
        return _respond(request, errors.Unavailable(detail, headers={"Retry-After": RETRY_SECONDS}))
    return internal(request, error)


def _system(request: Request, error: OSError) -> JSONResponse:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _respond(request, errors.OutOfSpace("The disk is full. Nothing was stored."))
    return internal(request, error)


def internal(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error of our own, which is logged and not shown."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _respond(request, Refused("The error was logged under the request id."))


def _count(problems: int) -> str:
    return "One thing is wrong." if problems == 1 else f"{problems} things are wrong; all are listed."
