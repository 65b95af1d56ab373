"""The headers of requests and responses, as the OpenAPI document describes them."""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}

RATE_LIMITS = ("RateLimit", "RateLimit-Policy")  # in every response to a caller with a key


def _header(description: str, example: Any, schema: dict[str, Any] = TEXT) -> dict[str, Any]:
    return {"description": description, "schema": schema, "example": example}


def _sent(name: str, description: str, example: str, pattern: str | None = None) -> dict[str, Any]:
    schema = {**TEXT, "pattern": pattern} if pattern else TEXT
    return {"name": name, "in": "header", "required": False, **_header(description, example, schema)}


REQUEST_HEADERS = {  # of operations that declare them by name
    each["name"]: each
    for each in (
        _sent(
            "Prefer",
            "`wait=N` holds the response for up to N seconds (at most 60). `Preference-Applied` confirms it.",
            "wait=30",
        ),
        _sent(
            "If-None-Match",
            "The `ETag` of the version that you have. If it is still current, the response is 304 without a body.",
            '"3-0-"',
        ),
        _sent(
            "Range",
            "The part of the content to send, such as `bytes=0-1023`. Unknown units are ignored.",
            "bytes=0-1023",
        ),
        _sent(
            "If-Range",
            "The `ETag` of the content that you have a part of. If it has changed, all of it is sent.",
            '"9b74c9897bac770ffc029102a200c5de"',
        ),
        _sent(
            "Accept",
            "`text/event-stream` requests a stream of events. Otherwise the response is a JSON page.",
            "text/event-stream",
        ),
        _sent(
            "Upload-Complete",
            "Begins a resumable upload: `?0` if more bytes will follow, `?1` if these are the last ones.",
            "?0",
            r"^\?[01]$",
        ),
        _sent("Upload-Length", "The size of the whole file in bytes, if you know it.", "3974305", "^[0-9]{1,15}$"),
    )
}

RESPONSE_HEADERS = {
    "X-Request-Id": _header(
        "Identifies the request in logs and error reports: the value that you sent, or a new one.",
        "req_0198f3c2a4b07d3e8f1c2b3a4d5e6f73",
    ),
    "ETag": _header("The version of the resource, for `If-None-Match` and `If-Match`.", '"3-0-"'),
    "Location": _header("The path of the new resource.", "/v1/jobs/job_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"),
    "Retry-After": _header("When to ask again, in seconds.", 1, COUNT),
    "RateLimit": _header(
        "Of requests with a key: how many more the project may send now (`r`), and in how many seconds it may send as "
        "many as after a pause (`t`). With 429, also the limit that was reached.",
        '"requests";r=73;t=2',
    ),
    "RateLimit-Policy": _header(
        "The limit: how many requests at once (`q`), and in how many seconds they are available again (`w`).",
        '"requests";q=100;w=5',
    ),
    "Preference-Applied": _header("The preference of `Prefer` that was followed.", "wait=30"),
    "Age": _header("Only if the database cannot be reached: the seconds since the state was read.", 12, COUNT),
    "Warning": _header(
        "Only if the database cannot be reached: the state may have changed since it was read.",
        '110 - "Response is Stale"',
    ),
    "Idempotency-Replayed": _header(
        "`true` if this is the stored response to an earlier request with the same `Idempotency-Key`.",
        "true",
        {"type": "string", "enum": ["true"]},
    ),
    "WWW-Authenticate": _header("How to authenticate.", "Bearer"),
    "Accept-Ranges": _header("The unit of `Range`.", "bytes"),
    "Content-Range": _header("The part that is sent, and the size of the whole.", "bytes 0-1023/31234"),
    "Content-Disposition": _header("The name of the file.", 'attachment; filename="mdl_0198f3c2.safetensors"'),
    "Content-Length": _header("The size of the body in bytes.", 31234, COUNT),
    "Repr-Digest": _header(
        "The SHA-256 of the whole content, base64-encoded.", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    ),
    "Upload-Offset": _header("How many bytes of the upload have arrived.", 1048576, COUNT),
    "Upload-Complete": _header("Whether the upload is complete and was read.", "?0", {**TEXT, "enum": ["?0", "?1"]}),
    "Upload-Length": _header("The size of the whole file in bytes, if it was sent.", 3974305, COUNT),
    "Upload-Limit": _header(
        "The maximum size of an upload in bytes, and for how many seconds this one is kept.",
        "max-size=268435456, max-age=86400",
    ),
    "Cache-Control": _header("Whether responses may be stored.", "no-store"),
}
EVERY_RESPONSE = ("X-Request-Id", "RateLimit", "RateLimit-Policy")
UPLOAD_STATE = ("Upload-Offset", "Upload-Complete", "Upload-Length", "Upload-Limit", "Cache-Control")


def header_reference(name: str) -> dict[str, str]:
    """Return the reference to a response header among the components of the document."""
    return {"$ref": f"#/components/headers/{name}"}
