"""JSON as the contract wants it: no NaN or Infinity, no key twice, not too deep, and labelled as JSON."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.errors import UnsupportedMediaType

MOST_DEPTH = 32


class StrictRequest(Request):
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
        if _depth_exceeds(value, MOST_DEPTH):
            raise _too_deep()
        return value


class StrictRoute(APIRoute):
    """A route that reads its body by `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind a check of the body's media type."""
        handler = super().get_route_handler()
        takes_json = self.body_field is not None

        async def strict(request: Request) -> Response:
            if takes_json:
                _require_json(request)
            return await handler(StrictRequest(request.scope, request.receive))

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


def _too_deep() -> json.JSONDecodeError:
    return json.JSONDecodeError(f"it is nested deeper than {MOST_DEPTH} levels", "", 0)
