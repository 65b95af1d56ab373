"""The query parameters that filter a list of data sets."""

from typing import Annotated

from fastapi import Depends, Request

from api.http.requests.list_filters import CreatedAfter, metadata_filters, milliseconds
from store.artifacts.datasets import DatasetFilters


def dataset_filters(request: Request, created_after: CreatedAfter = None) -> DatasetFilters:
    """Return the filters of a request."""
    return DatasetFilters(created_after=milliseconds(created_after), metadata=metadata_filters(request))


Filters = Annotated[DatasetFilters, Depends(dataset_filters)]
