"""/v1/aliases: names for models, so that an application need not know which model answers."""

from anyio import to_thread
from fastapi import APIRouter, Response

from api.dependencies import AppServices, Reader, Writer
from api.http.audited import audited
from api.http.errors import PreconditionFailed
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.preconditions import IfMatch, OnlyNew, Precondition
from api.http.requests.json_body import JsonRoute
from api.http.schemas import PageView
from api.models.alias_schemas import AliasBody, AliasName, AliasView, etag_of_alias
from api.models.prediction_schemas import AliasPredictionsView, PredictionsRequest
from api.models.predictions import PredictionsRoute, predict_rows
from api.openapi.declarations import declare
from service.models import aliases as use_cases
from store.artifacts import aliases
from store.db.transaction import snapshot
from store.tables import Alias

router = APIRouter(prefix="/v1/aliases", tags=["models"], route_class=JsonRoute)
predictions = APIRouter(prefix="/v1/aliases", tags=["models"], route_class=PredictionsRoute)


@router.get("")
def list_aliases(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[AliasView]:
    """List the project's aliases, newest first."""
    with snapshot(services.sessions) as tx:
        page = aliases.page_of(tx, caller.project, cursor, limit)
    return PageView.of(page, AliasView.of)


@router.get("/{name}", **declare(headers=["ETag"]))
def get_alias(name: AliasName, response: Response, services: AppServices, caller: Reader) -> AliasView:
    """Return which model an alias names."""
    with snapshot(services.sessions) as tx:
        alias = aliases.get(tx, caller.project, name)
    response.headers["ETag"] = etag_of_alias(alias)
    return AliasView.of(alias)


@router.put("/{name}", **declare(headers=["ETag"]))
def put_alias(  # noqa: PLR0913, PLR0917 - the parameters of the request
    name: AliasName,
    body: AliasBody,
    response: Response,
    services: AppServices,
    caller: Writer,
    if_match: IfMatch,
    only_new: OnlyNew = None,
) -> AliasView:
    """Let an alias name a model: a new alias, or one that named another model.

    With `If-Match`, it moves only if nobody else has moved it since you read it. With `If-None-Match: *`, it is created
    only if there is none. Predictions by alias in all API processes use the new model within a second.
    """
    with audited(services.sessions, caller, name, status=200) as tx:
        current = aliases.find(tx, caller.project, name, lock="exclusive")
        _check_version(current, if_match, only_new=only_new is not None)
        alias = use_cases.assign(tx, caller.project, name, body.model_id, current)
        view, response.headers["ETag"] = AliasView.of(alias), etag_of_alias(alias)
    services.aliased_models.forget(caller.project, name)
    return view


@router.delete("/{name}", status_code=204)
def delete_alias(name: AliasName, services: AppServices, caller: Writer, if_match: IfMatch) -> Response:
    """Delete an alias. Its model stays."""
    with audited(services.sessions, caller, name) as tx:
        alias = aliases.get(tx, caller.project, name, lock="exclusive")
        if_match.check(lambda tag: tag == etag_of_alias(alias))
        aliases.remove(tx, alias)
    services.aliased_models.forget(caller.project, name)
    return Response(status_code=204)


@predictions.post("/{name}/predictions", response_model=AliasPredictionsView)
async def predict_by_alias(
    name: AliasName, body: PredictionsRequest, services: AppServices, caller: Reader
) -> Response:
    """Predict rows with the model that an alias names. The answer says which one that is.

    The rest is as for predictions of the model itself.
    """
    model_id = services.aliased_models.current(caller.project, name)
    if model_id is None:
        model_id = await to_thread.run_sync(services.aliased_models.look_up, caller.project, name)
    return await predict_rows(services, caller.project, model_id, body, names_model=True)


def _check_version(alias: Alias | None, if_match: Precondition, *, only_new: bool) -> None:
    if alias is None:
        if_match.check_absent()
        return
    if only_new:
        raise PreconditionFailed(f"The alias {alias.name} exists. Leave out If-None-Match to move it.")
    if_match.check(lambda tag: tag == etag_of_alias(alias))
