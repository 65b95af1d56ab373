"""Which problems an operation can have: some follow from how it is built, others are declared."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from itertools import groupby
from typing import Any

from api.http import errors
from api.http.errors import ApiError
from api.http.problems import PROBLEM_JSON, problem_document
from api.openapi.declarations import PROBLEMS
from api.openapi.headers import EVERY_RESPONSE, UPLOAD_STATE, header_reference
from api.openapi.operations import Operation

EVERYWHERE = (errors.MisdirectedRequest, errors.HeadersTooLarge, errors.InternalError, errors.Unavailable)
HEADERS = {  # of problems, by status
    401: ("WWW-Authenticate",),
    416: ("Content-Range",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
HEADERS_OF_KIND = {errors.UploadOffsetMismatch: UPLOAD_STATE, errors.InconsistentUploadLength: UPLOAD_STATE}
OF_PARAMETERS: dict[str, tuple[type[ApiError], ...]] = {
    "cursor": (errors.InvalidCursor,),
    "last-event-id": (errors.InvalidHeader,),
    "Prefer": (errors.InvalidHeader, errors.QuotaExceeded),
    "idempotency-key": (errors.InvalidHeader, errors.IdempotencyInProgress, errors.IdempotencyMismatch),
    "if-match": (errors.InvalidHeader, errors.PreconditionFailed),
}
OF_BODIES: dict[str, tuple[type[ApiError], ...]] = {
    "application/json": (errors.MalformedJson,),
    "multipart/form-data": (errors.MalformedForm,),
}
EXAMPLE_REQUEST = "req_0198f3c2a4b07d3e8f1c2b3a4d5e6f73"


def problem_responses(operation: Operation) -> dict[str, tuple[type[ApiError], ...]]:
    """Return the problems of an operation by status."""
    declared = [getattr(errors, name) for name in operation.document.pop(PROBLEMS, ())]
    kinds: set[type[ApiError]] = {*EVERYWHERE, *_implied(operation), *declared}
    ordered = sorted(kinds, key=lambda kind: (kind.status, kind.code))
    return {str(status): tuple(each) for status, each in groupby(ordered, key=lambda kind: kind.status)}


def component_name(kinds: Iterable[type[ApiError]]) -> str:
    """Return the name of the shared response with these problems, which have one status."""
    kinds = list(kinds)
    return f"{kinds[0].status}_{'_or_'.join(kind.code for kind in kinds)}"


def component(kinds: Iterable[type[ApiError]]) -> dict[str, Any]:
    """Return the shared response with these problems: each is an example."""
    kinds = list(kinds)
    status = kinds[0].status
    own = dict.fromkeys(name for kind in kinds for name in HEADERS_OF_KIND.get(kind, ()))
    names = (*EVERY_RESPONSE, *HEADERS.get(status, ()), *own)
    return {
        "description": f"{HTTPStatus(status).phrase}. "
        + " ".join(f"`{kind.code}`: {_lowered(kind('').title)}." for kind in kinds),
        "headers": {name: header_reference(name) for name in names},
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {kind.code: {"value": _example(kind)} for kind in kinds},
            }
        },
    }


def _implied(operation: Operation) -> Iterator[type[ApiError]]:
    """Yield the problems of what the operation accepts: parameters, bodies, a key."""
    if operation.scope:  # unknown query parameters are invalid
        yield from (errors.Unauthenticated, errors.Forbidden, errors.InvalidRequest, errors.RateLimited)
    if operation.scope in {"write", "admin"}:
        yield errors.OutOfSpace
    if operation.has_parameters("path"):
        yield errors.NotFound
    for name in operation.names:
        yield from OF_PARAMETERS.get(name, ())
    if operation.body_types:
        yield from (errors.BodyTooLarge, errors.UnsupportedMediaType)
    for media_type in operation.body_types:
        yield from OF_BODIES.get(media_type, ())


def _example(kind: type[ApiError]) -> dict[str, Any]:
    return problem_document(kind("What is wrong, where, and how to fix it."), EXAMPLE_REQUEST)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
