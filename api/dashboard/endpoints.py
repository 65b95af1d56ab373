"""The dashboard: its page at /, and the files that the page loads."""

import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.dashboard.files import StaticFile, dashboard_files, dashboard_page
from api.http.downloads import is_current
from api.http.errors import NotFound
from api.http.proxies.middleware import prefix_before

router = APIRouter(include_in_schema=False)

LINKS = {
    "dashboard": "/",
    "documentation": "/docs",
    "openapi": "/openapi.json",
    "health": "/healthz",
    "readiness": "/readyz",
    **{name: f"/v1/{name}" for name in ("datasets", "jobs", "models", "weights")},
}
POLICY = (  # nothing inline, nothing from other hosts, and no text that becomes markup
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types"
)
PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Vary": "Accept, Accept-Encoding",
}
ASSET_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "public, max-age=31536000, immutable",  # another version has another address
    "Vary": "Accept-Encoding",
}
REFUSES_GZIP = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


@router.get("/")
async def root(request: Request) -> Response:
    """Show people the dashboard, and tell programs where things are."""
    if "text/html" in request.headers.get("accept", ""):
        return _response(request, dashboard_page(prefix_before(request)), PAGE_HEADERS)
    links = {"name": "Backprop", "version": request.app.version, "links": LINKS}
    return JSONResponse(links, headers={"Vary": "Accept"})


@router.get("/assets/{version}/{name:path}")
async def asset(version: str, name: str, request: Request) -> Response:
    """Return a file of the dashboard. A page of another version must be loaded again."""
    known = dashboard_files()
    if version != known.version or name not in known.files:
        raise NotFound("The dashboard has no such file. If the service was updated, load the page again.")
    return _response(request, known.files[name], ASSET_HEADERS)


def _response(request: Request, file: StaticFile, headers: dict[str, str]) -> Response:
    accepted = request.headers.get("accept-encoding", "")
    compressed = "gzip" in accepted and not REFUSES_GZIP.search(accepted)
    etag = f'"{file.etag}-gzip"' if compressed else f'"{file.etag}"'
    headers = {**headers, "ETag": etag}
    if is_current(request, etag):
        return Response(status_code=304, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return Response(file.compressed if compressed else file.content, headers=headers, media_type=file.media_type)
