"""/v1/models: trained networks, their weights, and what they predict."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.dependencies import AppServices, Reader, Writer
from api.http.json_body import StrictRoute
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.schemas import PageView
from api.http.weights_download import WeightsFormat, respond_weights
from api.models.schemas import ModelView, PredictionsRequest, PredictionsView
from store.artifacts import blobs, models
from store.db.transaction import snapshot, transaction

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=StrictRoute)


@router.get("")
def list_models(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[ModelView]:
    """The models of the project, newest first."""
    with snapshot(services.sessions) as tx:
        page = models.page_of(tx, caller.project, cursor, limit)
        views = [ModelView.of(row, blobs.info(tx, row.blob_id)) for row in page.rows]
    return PageView(data=views, next_cursor=page.next_cursor)


@router.get("/{model_id}")
def get_model(model_id: str, services: AppServices, caller: Reader) -> ModelView:
    """One model: architecture, preprocessing, metrics and lineage."""
    with snapshot(services.sessions) as tx:
        model = models.get(tx, caller.project, model_id)
        return ModelView.of(model, blobs.info(tx, model.blob_id))


@router.delete("/{model_id}", status_code=204)
def delete_model(model_id: str, services: AppServices, caller: Writer) -> Response:
    """Delete a model that no unfinished job starts from, and its weights; the job that made it stays."""
    with transaction(services.sessions) as tx:
        model = models.remove(tx, caller.project, model_id)
    services.notifier.publish_change(model.job_id)
    return Response(status_code=204)


@router.get("/{model_id}/evaluation")
def get_evaluation(model_id: str, services: AppServices, caller: Reader) -> dict[str, Any]:
    """How good the model is on the validation rows, beside the naive baseline."""
    with snapshot(services.sessions) as tx:
        return models.get(tx, caller.project, model_id).evaluation or {}


@router.get("/{model_id}/contributions")
def get_contributions(model_id: str, services: AppServices, caller: Reader) -> dict[str, Any]:
    """How much each layer and the weights that matter most contributed to the error: gradient times weight."""
    with snapshot(services.sessions) as tx:
        return models.get(tx, caller.project, model_id).contributions or {}


@router.get("/{model_id}/weights")
def get_weights(
    model_id: str,
    request: Request,
    services: AppServices,
    caller: Reader,
    format: WeightsFormat = "safetensors",  # noqa: A002 - the contract's name
) -> Response:
    """The weights: a torch.nn.Sequential of the model's architecture loads them as they are."""
    with snapshot(services.sessions) as tx:
        blob = blobs.info(tx, models.get(tx, caller.project, model_id).blob_id)
    return respond_weights(request, services.sessions, model_id, blob, format)


@router.post("/{model_id}/predictions", response_model=PredictionsView)
def predict(model_id: str, body: PredictionsRequest, services: AppServices, caller: Reader) -> Response:
    """Predict rows as they come from the business application: the model's preprocessing is applied to them."""
    predictor = services.predictors.get(caller.project, model_id)
    answer = PredictionsView(predictions=predictor.predict(body.rows))
    return Response(answer.model_dump_json(), media_type="application/json")
