"""What a request can be refused for, each with its status and code; answered as RFC 9457 problem details.

Refused
├── 400 MalformedJson, InvalidCursorError, InvalidHeader
├── 401 Unauthenticated   403 Forbidden   404 Missing   405 MethodNotAllowed
├── 409 Finished, NotReady, InUse, ModelInUse, WeightsInUse, InProgress
├── 412 PreconditionFailed   413 TooLarge   415 UnsupportedMediaType   416 RangeNotSatisfiable
├── 422 InvalidRequest, InvalidDatasetFile, InvalidWeightsFile, Mismatch, OverTheLimit
├── 429 QuotaExceeded
└── 500 Internal   503 Unavailable   507 OutOfSpace
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class Refused(Exception):
    """A request that gets an error for an answer; the class says which, the message is the detail."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


class MalformedJson(Refused):
    """The body is not JSON."""

    status, code, title = 400, "malformed_json", "The body is not valid JSON"


class InvalidCursorError(Refused):
    """The cursor is not one of ours."""

    status, code, title = 400, "invalid_cursor", "The cursor is not valid"


class InvalidHeader(Refused):
    """A header cannot be understood."""

    status, code, title = 400, "invalid_header", "A header is not valid"


class Unauthenticated(Refused):
    """No key, or not a valid one."""

    status, code, title = 401, "unauthenticated", "A valid API key is needed"


class Forbidden(Refused):
    """The key may not do this."""

    status, code, title = 403, "forbidden", "The key does not allow this"


class Missing(Refused):
    """There is no such thing, or it is somebody else's."""

    status, code, title = 404, "not_found", "There is no such thing"


class MethodNotAllowed(Refused):
    """The path exists, the method on it does not."""

    status, code, title = 405, "method_not_allowed", "This method is not allowed here"


class Finished(Refused):
    """The job has ended."""

    status, code, title = 409, "job_finished", "The job has already ended"


class NotReady(Refused):
    """The job has not ended yet."""

    status, code, title = 409, "not_ready", "The job has not ended yet"


class InUse(Refused):
    """A job needs the data set."""

    status, code, title = 409, "dataset_in_use", "A job needs this data set"


class ModelInUse(Refused):
    """A job starts from the model."""

    status, code, title = 409, "model_in_use", "A job starts from this model"


class WeightsInUse(Refused):
    """A job needs the weights."""

    status, code, title = 409, "weights_in_use", "A job needs these weights"


class InProgress(Refused):
    """The first request with the key is still being answered."""

    status, code, title = 409, "idempotency_in_progress", "The first request is still being answered"


class PreconditionFailed(Refused):
    """What `If-Match` named is no longer what is there."""

    status, code, title = 412, "precondition_failed", "It has changed since"


class TooLarge(Refused):
    """The body is larger than is allowed."""

    status, code, title = 413, "too_large", "The body is too large"


class UnsupportedMediaType(Refused):
    """The body's type or encoding is not supported."""

    status, code, title = 415, "unsupported_media_type", "The body's type is not supported"


class RangeNotSatisfiable(Refused):
    """The range lies outside of the bytes."""

    status, code, title = 416, "range_not_satisfiable", "The range lies outside of the bytes"


class InvalidRequest(Refused):
    """The request is well formed, and wrong."""

    status, code, title = 422, "invalid_request", "The request is not valid"


class InvalidDatasetFile(Refused):
    """The file cannot be read as a table."""

    status, code, title = 422, "invalid_dataset", "The file cannot be read as a table"


class InvalidWeightsFile(Refused):
    """The file cannot be read as weights."""

    status, code, title = 422, "invalid_weights", "The file cannot be read as weights"


class Mismatch(Refused):
    """The Idempotency-Key came with another request before."""

    status, code, title = 422, "idempotency_mismatch", "The Idempotency-Key was used for another request"


class OverTheLimit(Refused):
    """What is asked for is larger than this service allows."""

    status, code, title = 422, "over_limit", "This is larger than is allowed here"


class QuotaExceeded(Refused):
    """The project has as much of something as it may have at a time."""

    status, code, title = 429, "quota_exceeded", "The project has used up its quota"

    def __init__(self, detail: str, *, name: str, quota: int, retry_seconds: int) -> None:
        headers = {
            "Retry-After": str(retry_seconds),
            "RateLimit-Policy": f'"{name}";q={quota}',
            "RateLimit": f'"{name}";r=0;t={retry_seconds}',
        }
        super().__init__(detail, headers=headers)


class Unavailable(Refused):
    """The database cannot be reached, or too much is waiting."""

    status, code, title = 503, "unavailable", "The service cannot answer right now"


class OutOfSpace(Refused):
    """The disk is full."""

    status, code, title = 507, "out_of_space", "There is no space left to store this"
