"""What endpoints declare about themselves that their signatures do not say."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.http.errors import ApiError, InvalidHeader, RangeNotSatisfiable
from api.openapi.headers import REQUEST_HEADERS, header_reference

PROBLEMS = (
    "x-problems"  # in an operation, until the document is complete: the classes of its problems beyond the common ones
)
DOWNLOAD_HEADERS = ("ETag", "Repr-Digest", "Accept-Ranges", "Content-Disposition", "Content-Length")
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}

Media = Mapping[str, Mapping[str, Any]]
Declaration = dict[str, Any]


def declare(  # noqa: PLR0913 - each is one kind of declaration
    *,
    status: int = 200,
    accepts: Iterable[str] = (),
    headers: Iterable[str] = (),
    media: Media | None = None,
    problems: Iterable[type[ApiError]] = (),
    extra: Mapping[str, Any] | None = None,
) -> Declaration:
    """Return arguments for a route: headers that it accepts and sends, media types besides JSON, its problems.

    `extra` is added to the operation: parameters, or a body that is no JSON.
    """
    accepts = list(accepts)
    success: dict[str, Any] = {"headers": {name: header_reference(name) for name in headers}}
    if media:
        success["content"] = dict(media)
    responses: dict[int, dict[str, Any]] = {status: success}
    if "If-None-Match" in accepts:
        unchanged = {name: header_reference(name) for name in headers if name in {"ETag", "Preference-Applied"}}
        responses[304] = {"description": "You have the current version.", "headers": unchanged}
    added = dict(extra or {})
    added["parameters"] = [*added.get("parameters", ()), *(REQUEST_HEADERS[name] for name in accepts)]
    added[PROBLEMS] = [kind.__name__ for kind in problems]
    return {"responses": responses, "openapi_extra": added}


def declare_download(*media_types: str, problems: Iterable[type[ApiError]] = ()) -> Declaration:
    """Return arguments for the route of a download, whole or in ranges."""
    content = {media_type: {"schema": BINARY} for media_type in media_types}
    declared = declare(
        accepts=("Range", "If-Range", "If-None-Match"),
        headers=DOWNLOAD_HEADERS,
        media=content,
        problems=(InvalidHeader, RangeNotSatisfiable, *problems),
    )
    part = {name: header_reference(name) for name in (*DOWNLOAD_HEADERS, "Content-Range")}
    declared["responses"][206] = {"description": "The requested part.", "headers": part, "content": content}
    declared["responses"][200]["description"] = "The whole file."
    return declared
