"""JSON as the contract wants it: no NaN or Infinity, no key twice, not too deep, and labelled as JSON."""

import json
import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, NoReturn

from fastapi import Request, Response

from api.http.errors import TooLarge, UnsupportedMediaType
from api.http.query_parameters import KnownRoute
from service.limits import ApiSettings

MAX_DEPTH = 32
UNSTORABLE = re.compile("[\\x00\ud800-\udfff]")


class BoundedRequest(Request):
    """A request of which at most `most` bytes are read."""

    def __init__(self, request: Request, most: int) -> None:
        super().__init__(request.scope, request.receive)
        self._most = most

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces; raises `TooLarge` as soon as there are too many."""
        refusal = TooLarge(f"This body may have at most {self._most:,} bytes.")
        if int(self.headers.get("content-length", 0)) > self._most:
            raise refusal
        arrived = 0
        async for packet in super().stream():
            arrived += len(packet)
            if arrived > self._most:
                raise refusal
            yield packet


class StrictRequest(BoundedRequest):
    """A request whose `json` accepts JSON alone."""

    async def json(self) -> Any:
        """The body's value; raises `json.JSONDecodeError` for anything that RFC 8259 does not allow."""
        text = (await self.body()).decode("utf-8", "surrogateescape")
        try:
            text.encode("utf-8")
            value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
        except UnicodeEncodeError as error:
            raise json.JSONDecodeError("it is not UTF-8", "", error.start) from None
        except RecursionError:
            raise _too_deep() from None
        if _depth_exceeds(value, MAX_DEPTH):
            raise _too_deep()
        if any(UNSTORABLE.search(string) for string in _strings(value)):
            raise json.JSONDecodeError("it has a NUL or half a surrogate pair in a string", "", 0)
        return value


class StrictRoute(KnownRoute):
    """A route that reads its body by `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind a check of the body's media type."""
        handler = super().get_route_handler()
        takes_json = self.body_field is not None

        async def strict(request: Request) -> Response:
            if takes_json:
                _require_json(request)
            limits: ApiSettings = request.app.state.services.limits
            bounded = StrictRequest(request, limits.max_json_bytes)
            await bounded.body()
            return await handler(bounded)

        return strict


def _require_json(request: Request) -> None:
    sent = request.headers.get("content-type", "")
    if sent.split(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(f"Send application/json, not {sent or 'a body without Content-Type'}.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("Send JSON without Content-Encoding.")


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not a JSON number", "", 0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise json.JSONDecodeError(f"the key {twice!r} is there twice", "", 0)
    return value


def _depth_exceeds(value: Any, most: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return most == 0 or any(_depth_exceeds(item, most - 1) for item in inner)


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
