"""Query parameters that several resources share: the creation time in lists, and metadata in lists and uploads."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BeforeValidator

from api.http.errors import OverLimit
from api.http.requests.json_body import UNSTORABLE
from service.fields import MAX_METADATA, MAX_METADATA_KEY, MAX_METADATA_VALUE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
PREFIX = "metadata."
MAX_SHOWN = 100  # characters of a name that an error repeats


def _check_rfc3339(value: Any) -> Any:
    """Reject numbers, which `datetime` would accept."""
    if not RFC3339.fullmatch(str(value)):
        raise ValueError("Write the time as 2026-01-31T12:00:00Z (RFC 3339). Encode a + as %2B.")
    return value


Timestamp = Annotated[AwareDatetime, BeforeValidator(_check_rfc3339)]
CreatedAfter = Annotated[Timestamp | None, Query(description="Only what was created after this time (RFC 3339).")]


def milliseconds(time: datetime | None) -> int | None:
    """Return a time as milliseconds since 1970."""
    return None if time is None else (time - EPOCH) // timedelta(milliseconds=1)


def metadata_parameter(description: str) -> dict[str, Any]:
    """Return the parameters `metadata.*` for the OpenAPI document: an object whose fields are parameters."""
    schema = {
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": MAX_METADATA_VALUE, "pattern": "^[^\\x00]*$"},
        "propertyNames": {"pattern": f"^metadata[.][^\\x00]{{1,{MAX_METADATA_KEY}}}$"},
        "maxProperties": MAX_METADATA,
    }
    return {
        "name": PREFIX.removesuffix("."),
        "in": "query",
        "description": description,
        "style": "form",
        "explode": True,
        "schema": schema,
        "example": {f"{PREFIX}team": "risk"},
    }


METADATA_FILTERS = {
    "parameters": [
        metadata_parameter(
            "Only what has this value under this key in its metadata, as in metadata.team=risk. "
            "Several parameters must all match."
        )
    ]
}


def metadata_filters(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the keys and values that the metadata must have. Raises `RequestValidationError` or `OverLimit`."""
    pairs = _pairs(request)
    if len(pairs) > MAX_METADATA:
        raise OverLimit(f"A list takes at most {MAX_METADATA} metadata filters, not {len(pairs)}.")
    return tuple((name.removeprefix(PREFIX), value) for name, value in pairs)


def new_metadata(request: Request) -> dict[str, str]:
    """Return the metadata that an upload gets. Raises `RequestValidationError` with every problem."""
    pairs = _pairs(request)
    if problems := list(_metadata_problems(pairs)):
        raise RequestValidationError(problems)
    return {name.removeprefix(PREFIX): value for name, value in pairs}


def _pairs(request: Request) -> list[tuple[str, str]]:
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name.startswith(PREFIX)]
    invalid = [name for name, value in pairs if name == PREFIX or UNSTORABLE.search(name + value)]
    if invalid:
        detail = "Name a metadata key, as in metadata.team=risk. NUL characters are not allowed."
        raise RequestValidationError([_problem(name, detail) for name in invalid])
    return pairs


def _metadata_problems(pairs: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    names = [name for name, _ in pairs]
    if len(set(names)) > MAX_METADATA:
        yield _problem(f"{PREFIX}*", f"At most {MAX_METADATA} metadata keys are allowed, not {len(set(names))}.")
    for name, value in pairs[:MAX_METADATA]:
        if len(name) - len(PREFIX) > MAX_METADATA_KEY:
            yield _problem(name, f"A metadata key may have at most {MAX_METADATA_KEY} characters.")
        if len(value) > MAX_METADATA_VALUE:
            yield _problem(name, f"A metadata value may have at most {MAX_METADATA_VALUE} characters.")
    for name in dict.fromkeys(names[:MAX_METADATA]):
        if names.count(name) > 1:
            yield _problem(name, "The key is given several times. Give it one time.")


def _problem(name: str, detail: str) -> dict[str, Any]:
    return {"type": "value_error", "loc": ("query", name[:MAX_SHOWN]), "msg": detail}
