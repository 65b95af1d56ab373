"""Errors of requests, each with its status and code. They are answered as RFC 9457 problem details.

ApiError
├── 400 MalformedJson, MalformedForm, InvalidCursor, InvalidHeader, InconsistentUploadLength
├── 401 Unauthenticated   403 Forbidden   404 NotFound   405 MethodNotAllowed
├── 409 JobFinished, JobUnfinished, LearningCurveExists, ResultMissing, DatasetInUse, ModelInUse, WeightsInUse,
│       ProjectInUse, WebhookDisabled, IdempotencyInProgress, UploadInterrupted, UploadOffsetMismatch
├── 412 PreconditionFailed   413 BodyTooLarge   415 UnsupportedMediaType   416 RangeNotSatisfiable
├── 421 MisdirectedRequest
├── 422 InvalidRequest, InvalidDatasetFile, InvalidWeightsFile, IdempotencyMismatch, OverLimit,
│       NoOnnxForm, FormatUnavailable
├── 429 RateLimited, QuotaExceeded   431 HeadersTooLarge
└── 500 InternalError   503 Unavailable   507 OutOfSpace
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class ApiError(Exception):
    """The request failed.

    The class gives status, code and, by its docstring, the title of the problem document; the message is the detail.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    registered_type: ClassVar[str | None] = None  # a problem type that a standard defines

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})  # of the problem document, besides the usual ones

    @property
    def title(self) -> str:
        """Return what all errors of this class have in common."""
        return (self.__doc__ or "").strip().removesuffix(".")


class MalformedJson(ApiError):
    """The body is not valid JSON."""

    status, code = 400, "malformed_json"


class MalformedForm(ApiError):
    """The body is not a valid form."""

    status, code = 400, "malformed_form"


class InvalidCursor(ApiError):
    """The cursor is not valid."""

    status, code = 400, "invalid_cursor"


class InvalidHeader(ApiError):
    """A header is not valid."""

    status, code = 400, "invalid_header"


class InconsistentUploadLength(ApiError):
    """The length of the upload contradicts what was sent."""

    status, code = 400, "inconsistent_upload_length"
    registered_type = "https://iana.org/assignments/http-problem-types#inconsistent-upload-length"


class Unauthenticated(ApiError):
    """A valid API key is required."""

    status, code = 401, "unauthenticated"


class Forbidden(ApiError):
    """This request is not allowed."""

    status, code = 403, "forbidden"


class NotFound(ApiError):
    """Not found."""

    status, code = 404, "not_found"


class MethodNotAllowed(ApiError):
    """This method is not allowed for this path."""

    status, code = 405, "method_not_allowed"


class JobFinished(ApiError):
    """The job has already ended."""

    status, code = 409, "job_finished"


class JobUnfinished(ApiError):
    """The job has not ended yet."""

    status, code = 409, "not_ready"


class LearningCurveExists(ApiError):
    """The job already has a learning curve."""

    status, code = 409, "learning_curve_exists"


class ResultMissing(ApiError):
    """The batch has no result."""

    status, code = 409, "not_ready"


class DatasetInUse(ApiError):
    """A job still needs this data set."""

    status, code = 409, "dataset_in_use"


class ModelInUse(ApiError):
    """A job or an alias still needs this model."""

    status, code = 409, "model_in_use"


class WeightsInUse(ApiError):
    """A job still needs these weights."""

    status, code = 409, "weights_in_use"


class ProjectInUse(ApiError):
    """Something still belongs to this project."""

    status, code = 409, "project_in_use"


class WebhookDisabled(ApiError):
    """The webhook is disabled."""

    status, code = 409, "webhook_disabled"


class IdempotencyInProgress(ApiError):
    """The first request with this Idempotency-Key is still being processed."""

    status, code = 409, "idempotency_in_progress"


class UploadInterrupted(ApiError):
    """Another request has continued or deleted this upload."""

    status, code = 409, "upload_interrupted"


class UploadOffsetMismatch(ApiError):
    """The offset of the request is not the offset of the upload."""

    status, code = 409, "upload_offset_mismatch"
    registered_type = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset"


class PreconditionFailed(ApiError):
    """The resource is not in the version that the request names."""

    status, code = 412, "precondition_failed"


class BodyTooLarge(ApiError):
    """The request body is too large."""

    status, code = 413, "too_large"


class UnsupportedMediaType(ApiError):
    """The media type of the body is not supported."""

    status, code = 415, "unsupported_media_type"


class RangeNotSatisfiable(ApiError):
    """The requested range is outside the content."""

    status, code = 416, "range_not_satisfiable"


class MisdirectedRequest(ApiError):
    """The request is for another host."""

    status, code = 421, "misdirected_request"


class InvalidRequest(ApiError):
    """The request is not valid."""

    status, code = 422, "invalid_request"


class InvalidDatasetFile(ApiError):
    """The file cannot be read as a table."""

    status, code = 422, "invalid_dataset"


class InvalidWeightsFile(ApiError):
    """The file cannot be read as weights."""

    status, code = 422, "invalid_weights"


class IdempotencyMismatch(ApiError):
    """The Idempotency-Key was already used for a different request."""

    status, code = 422, "idempotency_mismatch"


class OverLimit(ApiError):
    """The request exceeds a limit of this service."""

    status, code = 422, "over_limit"


class NoOnnxForm(ApiError):
    """Parts of the model have no ONNX form."""

    status, code = 422, "no_onnx_form"


class FormatUnavailable(ApiError):
    """This server cannot write files of this format."""

    status, code = 422, "format_unavailable"


class RateLimited(ApiError):
    """Too many requests."""

    status, code = 429, "rate_limited"


class QuotaExceeded(ApiError):
    """The project has used up its quota."""

    status, code = 429, "quota_exceeded"


class HeadersTooLarge(ApiError):
    """The request line and the headers are too large."""

    status, code = 431, "headers_too_large"


class InternalError(ApiError):
    """Internal server error."""

    status, code = 500, "internal"


class Unavailable(ApiError):
    """The service is temporarily unavailable."""

    status, code = 503, "unavailable"


class OutOfSpace(ApiError):
    """The server has no disk space left."""

    status, code = 507, "out_of_space"
