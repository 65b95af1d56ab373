"""JSON bodies: labeled as JSON, of limited size and depth, without NaN, Infinity or repeated keys.

FastAPI's own body limits do not fit: they replace a response to a body whose declared size is too large, which is a
problem document here, by plain text.
"""

import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, NoReturn

from anyio import to_thread
from fastapi import Request, Response
from fastapi._compat import ModelField
from fastapi.exceptions import RequestValidationError

from api.http.authentication import authenticate_first
from api.http.errors import BodyTooLarge, MalformedJson, OverLimit, UnsupportedMediaType
from api.http.requests.query_parameters import KnownParametersRoute
from api.settings import ApiSettings

MAX_DEPTH = 32  # levels of arrays and objects
MAX_MEMBERS = 5_000  # of one object; validating more would hold up other requests, also from a thread
MAX_ERRORS = 1000  # of a body that are looked at; more would only slow down the answer
MAX_BYTES_ON_LOOP = 16_384  # larger bodies are read in a thread: other requests must not wait
MAX_SHOWN = 60  # characters of what was sent that an error repeats
UNSTORABLE = re.compile("[\\x00\ud800-\udfff]")


class LimitedRequest(Request):
    """A request whose body has at most `max_bytes`."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        super().__init__(request.scope, request.receive)
        self._max_bytes = max_bytes

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body in pieces. Raises `BodyTooLarge` as soon as it is known to be too large."""
        too_large = BodyTooLarge(f"The body of this request may have at most {self._max_bytes:,} bytes.")
        if int(self.headers.get("content-length", 0)) > self._max_bytes:
            raise too_large
        received = 0
        async for packet in super().stream():
            received += len(packet)
            if received > self._max_bytes:
                raise too_large
            yield packet


class JsonRequest(LimitedRequest):
    """A request whose body is JSON as RFC 8259 defines it."""

    async def json(self) -> Any:
        """Return the value of the body. Raises `json.JSONDecodeError`."""
        return self._json if hasattr(self, "_json") else _parse(await self.body())

    async def read(self, field: ModelField) -> None:
        """Parse and validate the body; from now on `json` returns the validated value, or the sent one if invalid."""
        body = await self.body()
        if len(body) <= MAX_BYTES_ON_LOOP:
            self.sent, self._json = _read(body, field)
        else:
            self.sent, self._json = await to_thread.run_sync(_read, body, field)


class JsonRoute(KnownParametersRoute):
    """A route that reads its body with `JsonRequest`. Its `limit` is the setting with the maximum size."""

    limit = "max_json_bytes"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, preceded by a check of the body's media type and size."""
        handler = super().get_route_handler()
        field = self.body_field

        async def handle(request: Request) -> Response:
            await authenticate_first(request, self.dependant)
            settings: ApiSettings = request.app.state.api_settings
            limited = JsonRequest(request, getattr(settings, self.limit))
            if field is not None and (field.field_info.is_required() or await limited.body()):
                _require_json(request)
            if await limited.body() and field is not None:
                await limited.read(field)
            return await handler(limited)

        return handle


def _require_json(request: Request) -> None:
    sent = request.headers.get("content-type", "")
    if sent.split(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(f"Send application/json, not {sent[:MAX_SHOWN] or 'a body without Content-Type'}.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("Send JSON without Content-Encoding.")


def _read(body: bytes, field: ModelField) -> tuple[Any, Any]:
    """Return the body as sent, and validated. FastAPI finds the errors of an invalid one, which is returned, again."""
    try:
        sent = _parse(body)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"The body cannot be read as JSON: {error.msg}.") from None
    value, errors = field.validate(sent, {}, loc=("body",))
    if len(errors) > MAX_ERRORS:
        raise RequestValidationError(errors[:MAX_ERRORS], body=sent)
    return sent, sent if errors else value


def _parse(body: bytes) -> Any:
    """Return the JSON value. Raises `json.JSONDecodeError`."""
    text = body.decode("utf-8", "surrogateescape")
    try:
        text.encode("utf-8")
        value = json.loads(text, parse_constant=_reject_constant, object_pairs_hook=_unique)
    except UnicodeEncodeError as error:
        raise json.JSONDecodeError("it is not UTF-8", "", error.start) from None
    except RecursionError:
        raise _too_deep() from None
    if _depth_exceeds(value, MAX_DEPTH):
        raise _too_deep()
    if "\\u" in text and any(UNSTORABLE.search(string) for string in _strings(value)):  # only escapes can make these
        raise json.JSONDecodeError("a string contains NUL or half of a surrogate pair", "", 0)
    return value


def _reject_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not a JSON number", "", 0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise json.JSONDecodeError(f"the key {_repeated(pairs)[:MAX_SHOWN]!r} occurs twice", "", 0)
    if len(value) > MAX_MEMBERS:
        raise OverLimit(f"An object in the body has {len(value):,} members. At most {MAX_MEMBERS:,} are allowed.")
    return value


def _repeated(pairs: list[tuple[str, Any]]) -> str:
    counts = Counter(name for name, _ in pairs)
    return next(name for name, count in counts.items() if count > 1)


def _depth_exceeds(value: Any, maximum: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return maximum == 0 or any(_depth_exceeds(item, maximum - 1) for item in inner)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _too_deep() -> json.JSONDecodeError:
    return json.JSONDecodeError(f"it is nested deeper than {MAX_DEPTH} levels", "", 0)
