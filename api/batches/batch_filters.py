"""The query parameters that filter a list of batches."""

from typing import Annotated

from fastapi import Depends, Query, Request

from api.batches.schemas import State
from api.http.requests.list_filters import CreatedAfter, metadata_filters, milliseconds
from store.batches import BatchFilters


def batch_filters(
    request: Request,
    state: Annotated[State | None, Query(description="Only batches in this state.")] = None,
    model_id: Annotated[str | None, Query(max_length=100, description="Only batches of this model.")] = None,
    created_after: CreatedAfter = None,
) -> BatchFilters:
    """Return the filters of a request."""
    return BatchFilters(
        state=state, model_id=model_id, created_after=milliseconds(created_after), metadata=metadata_filters(request)
    )


Filters = Annotated[BatchFilters, Depends(batch_filters)]
