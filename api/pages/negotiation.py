"""Send a document as JSON for programs or as a page for people, whichever the client accepts."""

import hashlib
from collections.abc import Callable

from fastapi import Request, Response

from api.http.downloads import is_current
from api.http.schemas import View
from api.pages.document import STYLE, policy_header

HTML = {"text/html": {"schema": {"type": "string"}}}


def page_or_json(
    request: Request, view: View, page: Callable[[], str], *, filename: str, style: str = STYLE
) -> Response:
    """Return the page if the client accepts `text/html`, else the view as JSON; 304 if the client has it already.

    `filename`: the name with which a browser saves the page.
    """
    wants_page = "text/html" in request.headers.get("accept", "")
    body = page().encode() if wants_page else view.model_dump_json().encode()
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "Vary": "Accept"}
    if is_current(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if not wants_page:
        return Response(body, headers=headers, media_type="application/json")
    headers |= {
        "Content-Security-Policy": policy_header(style),
        "Content-Disposition": f'inline; filename="{filename}"',
    }
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")
