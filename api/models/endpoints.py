"""/v1/models: trained models, their weights and predictions."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import AppServices, Reader, Writer
from api.http.audited import audited
from api.http.errors import FormatUnavailable, ModelInUse, NoOnnxForm
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.preconditions import IfMatch, etag_of
from api.http.requests.json_body import JsonRoute
from api.http.schemas import PageView
from api.http.weights_download import DESCRIPTIONS, OCTETS, bytes_response, weights_response
from api.models.evaluation_schemas import EvaluationView
from api.models.prediction_schemas import PredictionsRequest, PredictionsView
from api.models.predictions import PredictionsRoute, predict_rows
from api.models.schemas import ModelView
from api.openapi.declarations import declare, declare_download
from engine.interchange.export_formats import ExportName
from service.models import deletion
from store.artifacts import blobs, models
from store.db.transaction import snapshot

ModelFormat = Annotated[
    ExportName | Literal["onnx"],
    Query(description=f"{'; '.join(DESCRIPTIONS)}; `onnx`: the whole model with its preprocessing."),
]

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=JsonRoute)
predictions = APIRouter(prefix="/v1/models", tags=["models"], route_class=PredictionsRoute)


@router.get("")
def list_models(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[ModelView]:
    """List the project's models, newest first."""
    with snapshot(services.sessions) as tx:
        page = models.page_of(tx, caller.project, cursor, limit)
        views = [ModelView.of(row, blobs.info(tx, row.blob_id)) for row in page.rows]
    return PageView(data=views, next_cursor=page.next_cursor)


@router.get("/{model_id}", **declare(headers=["ETag"]))
def get_model(model_id: str, response: Response, services: AppServices, caller: Reader) -> ModelView:
    """Return a model with its architecture, preprocessing, metrics and lineage."""
    with snapshot(services.sessions) as tx:
        model = models.get(tx, caller.project, model_id)
        response.headers["ETag"] = etag_of(model.id)
        return ModelView.of(model, blobs.info(tx, model.blob_id))


@router.delete("/{model_id}", status_code=204, **declare(status=204, problems=[ModelInUse]))
def delete_model(model_id: str, services: AppServices, caller: Writer, if_match: IfMatch) -> Response:
    """Delete a model with its weights, unless an unfinished job starts from it or an alias names it.

    The job that trained it is kept.
    """
    with audited(services.sessions, caller, model_id) as tx:
        models.get(tx, caller.project, model_id)
        if_match.check(lambda tag: tag == etag_of(model_id))
        deletion.delete(tx, caller.project, model_id)
    return Response(status_code=204)


@router.get("/{model_id}/evaluation", response_model_exclude_unset=True)
def get_evaluation(model_id: str, services: AppServices, caller: Reader) -> EvaluationView:
    """Return how good the model is on rows that it was not trained on, compared with a naive baseline."""
    with snapshot(services.sessions) as tx:
        return EvaluationView.of(models.get(tx, caller.project, model_id).evaluation)


@router.get("/{model_id}/contributions")
def get_contributions(model_id: str, services: AppServices, caller: Reader) -> dict[str, Any]:
    """Return how much each layer and the most important weights contributed to the loss: gradient times weight."""
    with snapshot(services.sessions) as tx:
        return models.get(tx, caller.project, model_id).contributions or {}


@router.get(
    "/{model_id}/weights",
    response_class=Response,
    **declare_download(OCTETS, problems=[NoOnnxForm, FormatUnavailable]),
)
def get_model_weights(
    model_id: str,
    request: Request,
    services: AppServices,
    caller: Reader,
    format: ModelFormat = "safetensors",  # noqa: A002 - the contract's name
) -> Response:
    """Download the model.

    As `safetensors` and `npz`, it is the weights: a torch.nn.Sequential with the model's architecture loads them
    unchanged. As `onnx`, it is the whole model: it takes the columns of a raw row and returns the answer.
    """
    if format == "onnx":
        return bytes_response(request, f"{model_id}.onnx", services.onnx_files.get(caller.project, model_id))
    with snapshot(services.sessions) as tx:
        blob = blobs.info(tx, models.get(tx, caller.project, model_id).blob_id)
    return weights_response(request, services.sessions, model_id, blob, format)


@predictions.post("/{model_id}/predictions", response_model=PredictionsView)
async def predict(model_id: str, body: PredictionsRequest, services: AppServices, caller: Reader) -> Response:
    """Predict rows as your application has them. The preprocessing of the model is applied to them.

    Rows of requests that arrive at the same time are predicted together. The same row can then differ by up to 1e-6.
    `interval` adds intervals of numbers and sets of labels, `explain` adds the contributions of the columns.
    """
    return await predict_rows(services, caller.project, model_id, body)
