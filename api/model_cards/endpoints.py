"""/v1/models/{id}/card: the model card, for programs and for people."""

from fastapi import APIRouter, Request, Response

from api.dependencies import AppServices, Reader
from api.http.requests.json_body import JsonRoute
from api.model_cards.page import card_page
from api.model_cards.schemas import ModelCardView
from api.openapi.declarations import declare
from api.pages.negotiation import HTML, page_or_json
from service.model_cards.card import read_card
from store.db.transaction import snapshot

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=JsonRoute)

DOCUMENT = declare(accepts=["If-None-Match"], headers=["ETag"], media=HTML)


@router.get("/{model_id}/card", response_model=ModelCardView, **DOCUMENT)
def get_model_card(model_id: str, request: Request, services: AppServices, caller: Reader) -> Response:
    """Return the model card: what the model predicts, from which data, how good it is, and its limits of use.

    With `Accept: text/html`, it is a page that contains everything it needs. It can be saved, printed and passed on.
    """
    with snapshot(services.sessions) as tx:
        card = ModelCardView.of(read_card(tx, caller.project, model_id))
    return page_or_json(request, card, lambda: card_page(card), filename=f"{model_id}-card.html")
