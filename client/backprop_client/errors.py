"""What can go wrong: one class for each kind of failure, and the problem document of the service with it.

BackpropError
├── ServiceUnreachableError       no answer: connection refused or lost, name not found
│   └── RequestTimeoutError       no answer in time
├── ApiError                      the service answered with an error
│   ├── BadRequestError           400
│   ├── AuthenticationError       401
│   ├── PermissionDeniedError     403
│   ├── NotFoundError             404
│   ├── ConflictError             409
│   ├── PreconditionFailedError   412
│   ├── TooLargeError             413
│   ├── InvalidRequestError       422: `errors` says what is wrong, and where
│   │   └── InvalidDatasetError   422: the file cannot be read; `errors` has lines and columns
│   ├── RateLimitError            429
│   └── ServerError               500 and above
│       └── UnavailableError      502, 503, 504
├── JobFailedError                a model is wanted of a job that ended without one
├── WaitTimeoutError              the job has not ended in the time that you gave
├── DownloadError                 the file that arrived is not the file that was sent
└── InvalidSignatureError         a webhook request was not sent by the service
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from backprop_client.types.jobs import Job

MAX_TEXT = 500  # characters of an answer that is no problem document, in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One error of a request: at a JSON pointer into the body, or at a line and column of the file."""

    detail: str
    pointer: str | None = None
    line: int | None = None
    column: str | None = None
    value: str | None = None
    fix: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "FieldProblem":
        """Return the problem that an entry of `errors` describes; unknown members are ignored."""
        known = {name: data.get(name) for name in ("pointer", "line", "column", "value", "fix")}
        return cls(detail=str(data.get("detail", "")), **known)

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line is not None else None
        column = f"column {self.column}" if self.column is not None else None
        place = ", ".join(part for part in (self.pointer, line, column) if part)
        text = f"{place}: {self.detail}" if place else self.detail
        return f"{text} ({self.fix})" if self.fix else text


class BackpropError(Exception):
    """Every error of this package is one."""


class ServiceUnreachableError(BackpropError):
    """The service did not answer."""


class RequestTimeoutError(ServiceUnreachableError):
    """The service did not answer in time."""


class ApiError(BackpropError):
    """The service answered with an error: a problem document (RFC 9457), and the status."""

    def __init__(self, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.headers = headers
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.request_id: str | None = problem.get("request_id") or headers.get("x-request-id")
        self.errors = [FieldProblem.of(each) for each in problem.get("errors") or ()]
        super().__init__(self._message())

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the service expects the next attempt; None if it does not say."""
        try:
            return max(0.0, float(self.headers.get("retry-after", "")))
        except ValueError:
            return None

    def _message(self) -> str:
        lines = [f"{self.status} {self.code}: {self.detail}" if self.code else f"{self.status}: {self.detail}"]
        lines += [f"  {each}" for each in self.errors]
        if self.request_id:
            lines.append(f"  (request {self.request_id})")
        return "\n".join(lines)


class BadRequestError(ApiError):
    """400: the request cannot be understood."""


class AuthenticationError(ApiError):
    """401: no API key, or one that is not valid."""


class PermissionDeniedError(ApiError):
    """403: the API key does not have the scope that the request needs."""


class NotFoundError(ApiError):
    """404: the resource does not exist in the project of the key."""


class ConflictError(ApiError):
    """409: the state of the resource does not allow the request; `code` says why."""


class PreconditionFailedError(ApiError):
    """412: the resource has changed since the version that the request names."""


class TooLargeError(ApiError):
    """413: the body is larger than the service accepts."""


class InvalidRequestError(ApiError):
    """422: the request is not valid; `errors` has all problems."""


class InvalidDatasetError(InvalidRequestError):
    """422: the file cannot be read; `errors` has all problems, with line and column."""


class RateLimitError(ApiError):
    """429: too many requests, or a quota is used up; `code` says which, `retry_after` when to try again."""


class ServerError(ApiError):
    """500 and above: the service failed. Name the `request_id` when you report it."""


class UnavailableError(ServerError):
    """502, 503 or 504: the service cannot answer at the moment."""


class JobFailedError(BackpropError):
    """A job ended without a model. `job` is that job."""

    def __init__(self, job: "Job") -> None:
        self.job = job
        error = job.error or {}
        reason = f": {error.get('code')}: {error.get('detail')}" if error else ""
        super().__init__(f"{job.id} has no model, because it is {job.state}{reason}")


class WaitTimeoutError(BackpropError, TimeoutError):
    """The time that you gave has passed. What you waited for continues on the server."""


class DownloadError(BackpropError):
    """The bytes that arrived do not have the digest that the service announced."""


class InvalidSignatureError(BackpropError):
    """A webhook request has no valid signature, or is too old: do not trust it."""


OF_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    412: PreconditionFailedError,
    413: TooLargeError,
    422: InvalidRequestError,
    429: RateLimitError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def error_of(response: httpx.Response) -> ApiError:
    """Return the error that a response reports. Its body must have been read."""
    problem = _problem(response)
    kind = OF_STATUS.get(response.status_code, ServerError if response.status_code >= 500 else ApiError)
    if problem.get("code") == "invalid_dataset":
        kind = InvalidDatasetError
    return kind(response.status_code, problem, response.headers)


def _problem(response: httpx.Response) -> dict[str, Any]:
    """Return the problem document; for an answer of something else, such as a proxy, one with its text."""
    try:
        problem = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        problem = None
    if isinstance(problem, dict):
        return problem
    return {"detail": response.text[:MAX_TEXT] or response.reason_phrase}
