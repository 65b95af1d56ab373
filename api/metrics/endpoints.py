"""/metrics: the metrics of all processes of the service, for Prometheus."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.dependencies import AppServices
from api.http.authentication import admin
from api.openapi.declarations import declare
from service.metrics.text_format import CONTENT_TYPE

router = APIRouter(tags=["health"])


async def scraper(request: Request) -> None:
    """Accept the token of `BACKPROP_METRICS_TOKEN`, or a key with the scope `admin`."""
    token = request.app.state.services.settings.metrics_token.get_secret_value()
    sent = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not token or not hmac.compare_digest(sent.encode(), token.encode()):
        await admin(request)


@router.get(
    "/metrics",
    response_class=Response,
    **declare(media={"text/plain": {"schema": {"type": "string"}}}),
)
def get_service_metrics(services: AppServices, _: Annotated[None, Depends(scraper)]) -> Response:
    """Return the metrics of all processes in the text format of Prometheus.

    Send the token of `BACKPROP_METRICS_TOKEN`, or a key with the scope `admin`.
    """
    return Response(services.exposition.text(), headers={"Content-Type": CONTENT_TYPE})
