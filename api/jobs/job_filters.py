"""The query parameters that filter a list of jobs."""

from typing import Annotated

from fastapi import Depends, Query, Request

from api.http.requests.list_filters import CreatedAfter, metadata_filters, milliseconds
from api.jobs.schemas import State
from store.jobs.search import JobFilters


def job_filters(
    request: Request,
    state: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
    created_after: CreatedAfter = None,
) -> JobFilters:
    """Return the filters of a request."""
    return JobFilters(state=state, created_after=milliseconds(created_after), metadata=metadata_filters(request))


Filters = Annotated[JobFilters, Depends(job_filters)]
