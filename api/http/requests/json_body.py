"""JSON bodies: labeled as JSON, of limited size and depth, without NaN, Infinity or repeated keys.

FastAPI's own body limits do not fit: they replace a response to a body whose declared size is too large, which is a
problem document here, by plain text.
"""

import itertools
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
MAX_OBJECTS = 5_000  # of one body: a job with 4,096 features has fewer
MAX_VALUES = 50_000  # in all objects and arrays of one body
MAX_ERRORS = 1000  # of a body that are looked at; more would only slow down the answer
MAX_ERRORS_FOUND_TWICE = 50  # FastAPI validates an invalid body again, to list errors of the query and headers as well
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

    def __init__(self, request: Request, max_bytes: int, max_values: int | None) -> None:
        super().__init__(request, max_bytes)
        self._max_values = max_values

    async def json(self) -> Any:
        """Return the value of the body. Raises `json.JSONDecodeError`."""
        return self._json if hasattr(self, "_json") else parse_json(await self.body(), self._max_values)

    async def read(self, field: ModelField) -> None:
        """Parse and validate the body; from now on `json` returns the validated value, or the sent one if invalid."""
        body = await self.body()
        if len(body) <= MAX_BYTES_ON_LOOP:
            self.sent, self._json = _read(body, field, self._max_values)
        else:
            self.sent, self._json = await to_thread.run_sync(_read, body, field, self._max_values)


class JsonRoute(KnownParametersRoute):
    """A route that reads its body with `JsonRequest`. Its `limit` is the setting with the maximum size.

    A body has at most `max_values` values, and `MAX_OBJECTS` objects. None: it may have as many as its size allows.
    """

    limit = "max_json_bytes"
    max_values: int | None = MAX_VALUES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, preceded by a check of the body's media type and size."""
        handler = super().get_route_handler()
        field = self.body_field

        async def handle(request: Request) -> Response:
            await authenticate_first(request, self.dependant)
            settings: ApiSettings = request.app.state.api_settings
            limited = JsonRequest(request, getattr(settings, self.limit), self.max_values)
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


def _read(body: bytes, field: ModelField, max_values: int | None) -> tuple[Any, Any]:
    """Return the body as sent, and validated.

    An invalid one is returned as sent, and FastAPI finds its errors again, unless there are too many.
    """
    try:
        sent = parse_json(body, max_values)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"The body cannot be read as JSON: {error.msg}.") from None
    value, errors = field.validate(sent, {}, loc=("body",))
    if len(errors) > MAX_ERRORS_FOUND_TWICE:
        raise RequestValidationError(errors[:MAX_ERRORS], body=sent)
    return sent, sent if errors else value


def parse_json(body: bytes, max_values: int | None = None) -> Any:
    """Return the JSON value. Raises `json.JSONDecodeError`, or `OverLimit` if there are too many values."""
    text = body.decode("utf-8", "surrogateescape")
    try:
        text.encode("utf-8")
        value = json.loads(text, parse_constant=_reject_constant, object_pairs_hook=_unique(max_values))
    except UnicodeEncodeError as error:
        raise json.JSONDecodeError("it is not UTF-8", "", error.start) from None
    except RecursionError:
        raise _too_deep() from None
    if _depth_exceeds(value, MAX_DEPTH):
        raise _too_deep()
    if max_values is not None:
        _check_values(value, max_values)
    if "\\u" in text and any(UNSTORABLE.search(string) for string in _strings(value)):  # only escapes can make these
        raise json.JSONDecodeError("a string contains NUL or half of a surrogate pair", "", 0)
    return value


def _reject_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not a JSON number", "", 0)


def _unique(max_values: int | None) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return a function that makes an object of its members. It counts objects if the number of values is limited."""
    if max_values is None:
        return _object
    numbers = itertools.count(1)

    def counted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if next(numbers) > MAX_OBJECTS:
            raise OverLimit(f"The body has more than {MAX_OBJECTS:,} objects, which is the limit.")
        return _object(pairs)

    return counted


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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


def _check_values(value: Any, maximum: int) -> None:
    """Raise `OverLimit` if the value contains more than `maximum` values."""
    left, count = [value] if isinstance(value, dict | list) else [], 0
    while left:
        outer = left.pop()
        count += len(outer)
        if count > maximum:
            raise OverLimit(f"The body has {count:,} values or more. At most {maximum:,} are allowed.")
        inner = outer.values() if isinstance(outer, dict) else outer
        left += [each for each in inner if isinstance(each, dict | list)]


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
