"""Answer every error as application/problem+json, with all problems of the request listed."""

import errno
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.http import errors
from api.http.errors import ApiError
from api.http.requests.json_pointers import pointed_problems
from api.http.routes import all_routes
from engine.errors import InvalidWeights, PointedProblem
from service import errors as service_errors
from store import errors as store_errors
from store.artifacts.object_storage import ObjectStorageUnavailable
from store.db.database import is_transient
from store.db.pages import InvalidCursor
from tabular.errors import InvalidDataset, InvalidPlan, InvalidRows, OverLimit
from tabular.readers.sandbox import IngestFailed
from tabular.trained_model.onnx.model import NoOnnxForm

log = logging.getLogger("api")

PROBLEM_JSON = "application/problem+json"
STORE_ERRORS: dict[type[Exception], type[ApiError]] = {
    store_errors.NotFound: errors.NotFound,
    store_errors.JobFinished: errors.JobFinished,
    store_errors.JobUnfinished: errors.JobUnfinished,
    store_errors.LearningCurveExists: errors.LearningCurveExists,
    store_errors.ResultMissing: errors.ResultMissing,
    store_errors.DatasetInUse: errors.DatasetInUse,
    store_errors.ModelInUse: errors.ModelInUse,
    store_errors.WeightsInUse: errors.WeightsInUse,
    store_errors.ProjectInUse: errors.ProjectInUse,
    store_errors.WebhookDisabled: errors.WebhookDisabled,
    store_errors.UploadInterrupted: errors.UploadInterrupted,
    store_errors.BlobGone: errors.NotFound,
    store_errors.IdempotencyMismatch: errors.IdempotencyMismatch,
    store_errors.IdempotencyInProgress: errors.IdempotencyInProgress,
    InvalidCursor: errors.InvalidCursor,
}
STATUSES = {
    each.status: each
    for each in (
        errors.MalformedJson,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.BodyTooLarge,
        errors.UnsupportedMediaType,
    )
}
MAX_ERRORS = 500  # in one answer
MAX_PATH = 200  # characters of a path that an error repeats
MAX_TEXT = 1000  # characters of one text, which may repeat what was sent
RETRY_AFTER = {"Retry-After": "5"}  # seconds
QUEUE_RETRY_AFTER = {"Retry-After": str(service_errors.RETRY_SECONDS)}


def install(app: FastAPI) -> None:
    """Answer all errors of `app` as problems."""
    handlers: dict[Any, Callable[[Request, Any], Response]] = {
        ApiError: problem_response,
        RequestValidationError: _validation,
        HTTPException: _http,
        service_errors.JobTooLarge: _job_too_large,
        service_errors.TooManyWebhooks: _too_many,
        service_errors.QuotaExceeded: _quota,
        service_errors.QueueFull: _queue_full,
        service_errors.OperatorOnly: _forbidden,
        service_errors.FormatUnavailable: _format_unavailable,
        store_errors.StoreError: _store,
        InvalidCursor: _store,
        InvalidDataset: _dataset,
        IngestFailed: _reader_crashed,
        InvalidPlan: _pointed,
        InvalidRows: _pointed,
        InvalidWeights: _pointed,
        NoOnnxForm: _no_onnx_form,
        DBAPIError: _database,
        PoolTimeoutError: _database,
        OSError: _system,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def invalid_request(problems: Sequence[PointedProblem]) -> ApiError:
    """Return the error for a request with these problems."""
    if problems and all(problem.pointer.startswith("header ") for problem in problems):
        return errors.InvalidHeader(" ".join(f"{problem.pointer}: {problem.detail}" for problem in problems))
    return errors.InvalidRequest(_count(len(problems)), errors=[asdict(problem) for problem in problems])


def error_response(request: Request, error: Exception) -> Response:
    """Return the response to an error that was raised in front of the routes."""
    return _database(request, error) if is_transient(error) else internal_error(request, error)


def invalid_dataset(error: InvalidDataset) -> ApiError:
    """Return the error for a file with problems."""
    kind = errors.OverLimit if isinstance(error, OverLimit) else errors.InvalidDatasetFile
    listed = [
        {name: getattr(problem, name) for name in ("line", "column", "value", "detail", "fix")}
        for problem in error.problems
    ]
    return kind(_count(len(listed)), errors=listed)


def internal_error(request: Request, error: Exception) -> JSONResponse:
    """Log an error of our own and answer without its details."""
    log.error("Request failed.", exc_info=error, extra={"method": request.method, "path": request.url.path})
    return problem_response(
        request, errors.InternalError("The error was logged. Report the request id to the operator.")
    )


def problem_response(request: Request, error: ApiError) -> JSONResponse:
    """Return the problem document of an error."""
    document = problem_document(error, getattr(request.state, "request_id", None))
    return JSONResponse(document, error.status, error.headers, PROBLEM_JSON)


def problem_document(error: ApiError, request_id: str | None) -> dict[str, Any]:
    """Return the fields of the problem document (RFC 9457)."""
    problem: dict[str, Any] = {
        "type": error.registered_type or f"urn:backprop:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail[:MAX_TEXT],
        "code": error.code,
        "request_id": request_id,
        **error.members,
    }
    if error.errors:
        problem["errors"] = [_shortened(each) for each in error.errors[:MAX_ERRORS]]
    return problem


def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
    if any(problem["type"] == "json_invalid" for problem in error.errors()):
        reason = error.errors()[0]["ctx"]["error"]
        return problem_response(request, errors.MalformedJson(f"The body cannot be read as JSON: {reason}."))
    return problem_response(request, invalid_request(pointed_problems(error.errors(), error.body)))


def _http(request: Request, error: HTTPException) -> Response:
    kind = STATUSES.get(error.status_code, errors.InternalError)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed_methods(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    detail = f"{request.method} {request.url.path[:MAX_PATH]}: {error.detail or HTTPStatus(error.status_code).phrase}"
    return problem_response(request, kind(detail, headers=headers))


def allowed_methods(request: Request) -> str:
    """Return the methods of all routes with the path of the request, as `Allow` lists them."""
    methods = set[str]()
    for route in all_routes(request.app.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))


def _job_too_large(request: Request, error: service_errors.JobTooLarge) -> JSONResponse:
    listed = [asdict(problem) for problem in error.problems]
    return problem_response(request, errors.OverLimit(_count(len(listed)), errors=listed))


def _too_many(request: Request, error: service_errors.TooManyWebhooks) -> JSONResponse:
    return problem_response(request, errors.OverLimit(str(error)))


def _quota(request: Request, error: service_errors.QuotaExceeded) -> JSONResponse:
    headers = {
        **QUEUE_RETRY_AFTER,
        "RateLimit-Policy": f'"{error.name}";q={error.quota}',
        "RateLimit": f'"{error.name}";r=0;t={service_errors.RETRY_SECONDS}',
    }
    return problem_response(request, errors.QuotaExceeded(str(error), headers=headers))


def _queue_full(request: Request, error: service_errors.QueueFull) -> JSONResponse:
    return problem_response(request, errors.Unavailable(str(error), headers=QUEUE_RETRY_AFTER))


def _forbidden(request: Request, error: service_errors.OperatorOnly) -> JSONResponse:
    return problem_response(request, errors.Forbidden(str(error)))


def _store(request: Request, error: Exception) -> JSONResponse:
    kind = STORE_ERRORS.get(type(error))
    return internal_error(request, error) if kind is None else problem_response(request, kind(_sentence(str(error))))


def _dataset(request: Request, error: InvalidDataset) -> JSONResponse:
    return problem_response(request, invalid_dataset(error))


def _reader_crashed(request: Request, error: IngestFailed) -> JSONResponse:
    log.error("The process that read an upload crashed: %s", error)
    detail = "The process that read the file crashed. Nothing was stored. Try again."
    return problem_response(request, errors.Unavailable(detail, headers=RETRY_AFTER))


def _pointed(request: Request, error: InvalidPlan | InvalidRows | InvalidWeights) -> JSONResponse:
    kind = errors.InvalidWeightsFile if isinstance(error, InvalidWeights) else errors.InvalidRequest
    listed = [{"pointer": problem.pointer, "detail": problem.detail} for problem in error.problems]
    return problem_response(request, kind(_count(len(listed)), errors=listed))


def _no_onnx_form(request: Request, error: NoOnnxForm) -> JSONResponse:
    detail = "The model has parts without an ONNX form; see `errors`. Its weights can be downloaded as safetensors."
    listed = [{"pointer": problem.pointer, "detail": problem.detail} for problem in error.problems]
    return problem_response(request, errors.NoOnnxForm(detail, errors=listed))


def _format_unavailable(request: Request, error: service_errors.FormatUnavailable) -> JSONResponse:
    return problem_response(request, errors.FormatUnavailable(str(error)))


def _database(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, OperationalError) and "full" in str(error.orig).lower():
        return _system(request, OSError(errno.ENOSPC, "database or disk is full"))
    if is_transient(error):
        place = "object storage" if isinstance(error, ObjectStorageUnavailable) else "database"
        log.warning("The %s cannot be reached: %s", place, error)
        detail = f"The {place} cannot be reached. No data was lost. Try again."
        return problem_response(request, errors.Unavailable(detail, headers=RETRY_AFTER))
    return internal_error(request, error)


def _system(request: Request, error: OSError) -> JSONResponse:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return problem_response(request, errors.OutOfSpace("The disk of the server is full. Nothing was stored."))
    return internal_error(request, error)


def _shortened(error: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[:MAX_TEXT] if isinstance(value, str) else value for name, value in error.items()}


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _count(problems: int) -> str:
    if problems > MAX_ERRORS:
        return f"The request has more than {MAX_ERRORS} errors; the first {MAX_ERRORS} are in `errors`."
    return f"The request has {problems} {'error' if problems == 1 else 'errors'}; see `errors`."
