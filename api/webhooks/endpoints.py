"""/v1/webhooks: receive events as signed HTTP requests (Standard Webhooks)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.dependencies import AppServices, Reader, Writer
from api.http.audited import audited
from api.http.errors import OverLimit, WebhookDisabled
from api.http.idempotency import Idempotent, run_idempotently
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.preconditions import IfMatch, Precondition
from api.http.schemas import PageView
from api.openapi.declarations import declare
from api.webhooks.schemas import (
    DeliveryView,
    RotationRequest,
    WebhookChange,
    WebhookRequest,
    WebhookView,
    WebhookWithSecretView,
)
from api.webhooks.target_url import WebhookRoute, target_of
from service.webhooks import management
from service.webhooks.management import WebhookContent
from store.accounts.idempotency import Answer
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId
from store.tables import Webhook, WebhookDelivery
from store.webhooks import deliveries, webhooks

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=WebhookRoute)


@router.post(
    "",
    status_code=201,
    response_model=WebhookWithSecretView,
    **declare(status=201, headers=["ETag"], problems=[OverLimit]),
)
def create_webhook(body: WebhookRequest, services: AppServices, caller: Writer, keyed: Idempotent) -> JSONResponse:
    """Send the events of this project to a URL. The response has the secret that verifies them, and only this one."""
    content = WebhookContent(
        target=target_of(services.target_policy, body.url),
        events=body.events,
        description=body.description,
        enabled=body.enabled,
        metadata=body.metadata,
    )

    def create(tx: Tx) -> Answer:
        webhook, secret = management.create(tx, services.limits, services.secret_box, caller.project, content)
        headers = {"Location": f"/v1/webhooks/{webhook.id}", "ETag": _etag(webhook)}
        return Answer(status=201, headers=headers, body=_json(webhook), shown_once={"secret": secret})

    return run_idempotently(services.sessions, caller, keyed, create)


@router.get("")
def list_webhooks(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[WebhookView]:
    """List the project's webhooks, newest first."""
    with snapshot(services.sessions) as tx:
        page = webhooks.page_of(tx, caller.project, cursor, limit)
    return PageView.of(page, WebhookView.of)


@router.get("/{webhook_id}", **declare(headers=["ETag"]))
def get_webhook(webhook_id: str, response: Response, services: AppServices, caller: Reader) -> WebhookView:
    """Return a webhook without its secret."""
    with snapshot(services.sessions) as tx:
        webhook = webhooks.get(tx, caller.project, webhook_id)
    response.headers["ETag"] = _etag(webhook)
    return WebhookView.of(webhook)


@router.patch("/{webhook_id}", **declare(headers=["ETag"]))
def update_webhook(  # noqa: PLR0913, PLR0917 - the parameters of the request
    webhook_id: str,
    body: WebhookChange,
    response: Response,
    services: AppServices,
    caller: Writer,
    if_match: IfMatch,
) -> WebhookView:
    """Change a webhook. Set `enabled` to true to go on after it was disabled."""
    columns = body.model_dump(exclude_none=True, exclude={"url", "metadata"})
    if body.metadata is not None:
        columns["metadata_"] = dict(body.metadata)
    target = None if body.url is None else target_of(services.target_policy, body.url)
    with audited(services.sessions, caller, webhook_id, status=200) as tx:
        _check_version(tx, caller.project, webhook_id, if_match)
        webhook = management.update(tx, caller.project, webhook_id, target, columns)
    response.headers["ETag"] = _etag(webhook)
    return WebhookView.of(webhook)


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(webhook_id: str, services: AppServices, caller: Writer, if_match: IfMatch) -> Response:
    """Delete a webhook with its secrets and all its deliveries, also the pending ones."""
    with audited(services.sessions, caller, webhook_id) as tx:
        _check_version(tx, caller.project, webhook_id, if_match)
        webhooks.remove(tx, webhook_id)
    return Response(status_code=204)


@router.post("/{webhook_id}/rotate", response_model=WebhookWithSecretView, **declare(headers=["ETag"]))
def rotate_webhook_secret(  # noqa: PLR0913, PLR0917 - the parameters of the request
    webhook_id: str,
    services: AppServices,
    caller: Writer,
    keyed: Idempotent,
    if_match: IfMatch,
    body: RotationRequest | None = None,
) -> JSONResponse:
    """Replace the secret. For a day, or `overlap_seconds`, requests are signed with the new and the previous one."""
    overlap_seconds = (body or RotationRequest()).overlap_seconds

    def rotate(tx: Tx) -> Answer:
        _check_version(tx, caller.project, webhook_id, if_match)
        webhook, secret = management.rotate(tx, services.secret_box, caller.project, webhook_id, overlap_seconds)
        return Answer(status=200, headers={"ETag": _etag(webhook)}, body=_json(webhook), shown_once={"secret": secret})

    return run_idempotently(services.sessions, caller, keyed, rotate)


@router.post(
    "/{webhook_id}/test",
    status_code=201,
    response_model=DeliveryView,
    **declare(status=201, problems=[WebhookDisabled]),
)
def test_webhook(webhook_id: str, services: AppServices, caller: Writer, keyed: Idempotent) -> JSONResponse:
    """Send an event of the type `webhook.test`. The `Location` of the response shows how the delivery ends."""

    def send(tx: Tx) -> Answer:
        return _delivery_answer(management.send_test(tx, caller.project, webhook_id), status=201)

    return run_idempotently(services.sessions, caller, keyed, send)


@router.get("/{webhook_id}/deliveries")
def list_webhook_deliveries(  # noqa: PLR0913, PLR0917 - the parameters of the request
    webhook_id: str,
    services: AppServices,
    caller: Reader,
    state: Annotated[
        Literal["pending", "delivered", "failed"] | None, Query(description="Only deliveries in this state.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> PageView[DeliveryView]:
    """List the deliveries to a webhook, newest first. The service keeps them for 30 days, or as the operator sets."""
    with snapshot(services.sessions) as tx:
        webhooks.get(tx, caller.project, webhook_id)
        page = deliveries.page_of(tx, webhook_id, state, cursor, limit)
    return PageView.of(page, DeliveryView.of)


@router.get("/{webhook_id}/deliveries/{delivery_id}")
def get_webhook_delivery(webhook_id: str, delivery_id: str, services: AppServices, caller: Reader) -> DeliveryView:
    """Return a delivery, with how its last attempt ended."""
    with snapshot(services.sessions) as tx:
        webhooks.get(tx, caller.project, webhook_id)
        return DeliveryView.of(deliveries.get(tx, webhook_id, delivery_id))


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    response_model=DeliveryView,
    **declare(headers=["Location"], problems=[WebhookDisabled]),
)
def replay_webhook_delivery(
    webhook_id: str, delivery_id: str, services: AppServices, caller: Writer, keyed: Idempotent
) -> JSONResponse:
    """Send a delivery again, under the same `webhook-id`, whatever its state."""

    def replay(tx: Tx) -> Answer:
        return _delivery_answer(management.replay(tx, caller.project, webhook_id, delivery_id), status=200)

    return run_idempotently(services.sessions, caller, keyed, replay)


def _delivery_answer(delivery: WebhookDelivery, status: int) -> Answer:
    headers = {"Location": f"/v1/webhooks/{delivery.webhook_id}/deliveries/{delivery.id}"}
    return Answer(status=status, headers=headers, body=DeliveryView.of(delivery).as_json())


def _check_version(tx: Tx, project: ProjectId, webhook_id: str, if_match: Precondition) -> None:
    webhook = webhooks.get(tx, project, webhook_id, lock="exclusive")
    if_match.check(lambda tag: tag == _etag(webhook))


def _etag(webhook: Webhook) -> str:
    return f'"{webhook.id}-{webhook.version}"'


def _json(webhook: Webhook) -> dict[str, Any]:
    return WebhookView.of(webhook).as_json()
