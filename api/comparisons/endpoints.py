"""/v1/comparisons: whether a model is better than another, on the same rows."""

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter

from api.comparisons.schemas import ComparisonBody, ComparisonView
from api.dependencies import AppServices, Reader
from api.http.errors import NotFound
from api.http.requests.json_body import JsonRoute
from api.openapi.declarations import declare
from service.models.comparisons import compare

router = APIRouter(prefix="/v1/comparisons", tags=["models"], route_class=JsonRoute)
one_at_a_time = CapacityLimiter(1)  # each may read a large data set


@router.post("", **declare(problems=[NotFound]))
async def compare_models(body: ComparisonBody, services: AppServices, caller: Reader) -> ComparisonView:
    """Score two models on the same rows, and test whether the second is better than the first.

    The test is paired: it looks at the difference of the losses row by row. Rows that a model was trained on make it
    look better than it is; a warning names them. Nothing is stored.
    """
    found = await to_thread.run_sync(
        compare,
        services.sessions,
        services.loaded_models,
        caller.project,
        body.dataset_id,
        body.model_ids,
        limiter=one_at_a_time,
    )
    return ComparisonView.of(body, found)
