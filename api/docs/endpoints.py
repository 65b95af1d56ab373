"""/docs, /openapi.json and /llms.txt: the description of the API, for people, programs and language models."""

import html
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from api.http.proxies.middleware import prefix_before
from api.openapi.document import openapi_document

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent
VIEWER = FOLDER / "swagger_ui"
ASSETS = {
    "swagger-ui-bundle.js": VIEWER / "swagger-ui-bundle.js",
    "swagger-ui.css": VIEWER / "swagger-ui.css",
    "start.js": FOLDER / "start.js",
}
Asset = Literal["swagger-ui-bundle.js", "swagger-ui.css", "start.js"]
POLICY = (  # nothing from other hosts; Swagger UI sets styles of single elements
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    document = _document(request.app)
    if prefix := prefix_before(request):
        document = {**document, "servers": [{**document["servers"][0], "url": prefix}]}
    return Response(json.dumps(document, ensure_ascii=False), media_type="application/json")


@router.get("/llms.txt")
def llms_txt(request: Request) -> Response:
    """Return a short description of the service for language models."""
    text = (FOLDER / "llms.txt").read_text().replace("{prefix}", prefix_before(request))
    return Response(text, media_type="text/markdown")


@router.get("/docs")
def docs(request: Request) -> Response:
    """Return the page that shows the document."""
    page = (FOLDER / "page.html").read_text().replace("{prefix}", html.escape(prefix_before(request)))
    return Response(page, headers={"Content-Security-Policy": POLICY}, media_type="text/html")


@router.get("/docs/{asset}")
def docs_asset(asset: Asset) -> Response:
    """Return a file of the page."""
    return FileResponse(ASSETS[asset], headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=8)
def _document(app: Any) -> dict[str, Any]:
    return openapi_document(app)
