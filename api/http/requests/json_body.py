"""JSON bodies: labeled as JSON, of limited size and depth, without NaN, Infinity or repeated keys.

FastAPI's own body limits do not fit: they replace a response to a body whose declared size is too large, which is a
problem document here, by plain text.
"""

import json
import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, NoReturn

from fastapi import Request, Response

from api.http.errors import BodyTooLarge, UnsupportedMediaType
from api.http.requests.query_parameters import KnownParametersRoute
from api.settings import ApiSettings

MAX_DEPTH = 32  # levels of arrays and objects
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
        text = (await self.body()).decode("utf-8", "surrogateescape")
        try:
            text.encode("utf-8")
            value = json.loads(text, parse_constant=_reject_constant, object_pairs_hook=_unique)
        except UnicodeEncodeError as error:
            raise json.JSONDecodeError("it is not UTF-8", "", error.start) from None
        except RecursionError:
            raise _too_deep() from None
        if _depth_exceeds(value, MAX_DEPTH):
            raise _too_deep()
        if any(UNSTORABLE.search(string) for string in _strings(value)):
            raise json.JSONDecodeError("a string contains NUL or half of a surrogate pair", "", 0)
        return value


class JsonRoute(KnownParametersRoute):
    """A route that reads its body with `JsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, preceded by a check of the body's media type and size."""
        handler = super().get_route_handler()
        takes_json = self.body_field is not None

        async def handle(request: Request) -> Response:
            if takes_json:
                _require_json(request)
            settings: ApiSettings = request.app.state.api_settings
            limited = JsonRequest(request, settings.max_json_bytes)
            await limited.body()
            return await handler(limited)

        return handle


def _require_json(request: Request) -> None:
    sent = request.headers.get("content-type", "")
    if sent.split(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(f"Send application/json, not {sent or 'a body without Content-Type'}.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("Send JSON without Content-Encoding.")


def _reject_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not a JSON number", "", 0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise json.JSONDecodeError(f"the key {repeated!r} occurs twice", "", 0)
    return value


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
