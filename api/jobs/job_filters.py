"""The query parameters that filter a list of jobs."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BeforeValidator

from api.http.errors import OverLimit
from api.http.requests.json_body import UNSTORABLE
from api.jobs.schemas import State
from store.jobs.search import JobFilters

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
MAX_METADATA_FILTERS = 16  # as many as a job can have metadata
PREFIX = "metadata."
METADATA_PARAMETERS = {
    "parameters": [
        {
            "name": f"{PREFIX}*",
            "in": "query",
            "description": "Only jobs whose metadata has this value under this key, as in metadata.team=risk. "
            "Several parameters must all match.",
            "schema": {"type": "string"},
        }
    ]
}


def _check_rfc3339(value: Any) -> Any:
    """Reject numbers, which `datetime` would accept."""
    if not RFC3339.fullmatch(str(value)):
        raise ValueError("Write the time as 2026-01-31T12:00:00Z (RFC 3339). Encode a + as %2B.")
    return value


Timestamp = Annotated[AwareDatetime, BeforeValidator(_check_rfc3339)]


def job_filters(
    request: Request,
    state: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
    created_after: Annotated[
        Timestamp | None, Query(description="Only jobs created after this time (RFC 3339).")
    ] = None,
) -> JobFilters:
    """Return the filters of a request."""
    after = None if created_after is None else (created_after - EPOCH) // timedelta(milliseconds=1)
    return JobFilters(state=state, created_after=after, metadata=_metadata(request))


def _metadata(request: Request) -> tuple[tuple[str, str], ...]:
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name.startswith(PREFIX)]
    invalid = [name for name, value in pairs if name == PREFIX or UNSTORABLE.search(name + value)]
    if invalid:
        detail = "Name a metadata key, as in metadata.team=risk. NUL characters are not allowed."
        raise RequestValidationError(
            [{"type": "value_error", "loc": ("query", name[:100]), "msg": detail} for name in invalid]
        )
    if len(pairs) > MAX_METADATA_FILTERS:
        raise OverLimit(f"A list takes at most {MAX_METADATA_FILTERS} metadata filters, not {len(pairs)}.")
    return tuple((name.removeprefix(PREFIX), value) for name, value in pairs)


Filters = Annotated[JobFilters, Depends(job_filters)]
