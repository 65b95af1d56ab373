"""The query parameters of an upload: name, reading options, metadata and time to live."""

from typing import Annotated

from fastapi import Depends, Query, Request

from api.datasets.read_options import ReadOptionsQuery
from api.http.requests.list_filters import metadata_parameter, new_metadata
from service.fields import Name
from service.uploads.dataset_request import MAX_TTL_SECONDS, DatasetRequest

METADATA = metadata_parameter(
    "Text of your own, returned unchanged and searchable in the list, as in metadata.team=risk. At most 16 keys of 64 "
    "characters, with values of 512 characters."
)


def dataset_parameters(
    request: Request,
    options: ReadOptionsQuery,
    name: Annotated[Name | None, Query(description="A name of your choice. Default: the name of the file.")] = None,
    ttl_seconds: Annotated[
        int | None,
        Query(
            ge=1,
            le=MAX_TTL_SECONDS,
            description="Seconds until the data set expires and is erased. Default: it never expires.",
        ),
    ] = None,
) -> DatasetRequest:
    """Return the parameters of a request. Raises `RequestValidationError`."""
    metadata = new_metadata(request)
    return DatasetRequest(name=name, options=options, metadata=metadata, ttl_seconds=ttl_seconds)


DatasetParameters = Annotated[DatasetRequest, Depends(dataset_parameters)]
