"""What a list of jobs can be narrowed to by query parameters."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BeforeValidator

from api.jobs.schemas import State
from store.jobs.search import JobFilters

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
PREFIX = "metadata."
METADATA = {
    "parameters": [
        {
            "name": f"{PREFIX}*",
            "in": "query",
            "description": "Only jobs with this value of a metadata key, as in metadata.team=risk; several: with all.",
            "schema": {"type": "string"},
        }
    ]
}


def _rfc3339(value: Any) -> Any:
    """`datetime` would take a number, too."""
    if not RFC3339.fullmatch(str(value)):
        raise ValueError("A time is written as 2026-01-31T12:00:00Z (RFC 3339; a + in it as %2B).")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]


def job_filters(
    request: Request,
    state: State | None = None,
    created_after: Annotated[Moment | None, Query(description="Only jobs made after this time (RFC 3339).")] = None,
) -> JobFilters:
    """The conditions of a request."""
    after = None if created_after is None else (created_after - EPOCH) // timedelta(milliseconds=1)
    return JobFilters(state=state, created_after=after, metadata=_metadata(request))


def _metadata(request: Request) -> tuple[tuple[str, str], ...]:
    asked = [(name, value) for name, value in request.query_params.multi_items() if name.startswith(PREFIX)]
    wrong = [name for name, value in asked if name == PREFIX or "\0" in name + value]
    if wrong:
        told = "A condition names a key of the metadata, as in metadata.team=risk, and has no NUL."
        raise RequestValidationError([{"type": "value_error", "loc": ("query", name), "msg": told} for name in wrong])
    return tuple((name.removeprefix(PREFIX), value) for name, value in asked)


Filters = Annotated[JobFilters, Depends(job_filters)]
