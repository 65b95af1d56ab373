"""Query parameters: unknown names are rejected, so that a misspelled filter is never ignored silently."""

import copy
import difflib
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.http.authentication import authenticate_first

MAX_SUGGESTIONS = 20  # misspelled names for which a name is suggested; the search is slow
MAX_SHOWN = 100  # characters of a name that an error repeats
WILDCARD = ".*"  # ends the name of a family of parameters, such as metadata.*


class KnownParametersRoute(APIRoute):
    """A route that reports unknown query parameters, together with all other problems of the request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, preceded by a check of the parameters' names."""
        handler = super().get_route_handler()
        validate = APIRoute.get_route_handler(_without_endpoint(self))
        names = [*_names(self.dependant), *_declared(self.openapi_extra or {})]

        async def handle(request: Request) -> Response:
            await authenticate_first(request, self.dependant)
            unknown = [name for name in dict.fromkeys(request.query_params) if not _is_known(name, names)]
            if not unknown:
                return await handler(request)
            try:
                return await validate(request)
            except RequestValidationError as error:
                problems = [*error.errors(), *_problems(unknown, names)]
                raise RequestValidationError(problems, body=error.body) from None

        return handle


def _without_endpoint(route: APIRoute) -> APIRoute:
    """Return a copy of the route that only validates requests."""
    validating = copy.copy(route)
    validating.dependant = replace(route.dependant, call=_report_no_problems)
    return validating


async def _report_no_problems(**_: Any) -> NoReturn:
    raise RequestValidationError([])


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)


def _declared(extra: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parameters that are only declared: an object declares a family, such as metadata.*."""
    for parameter in extra.get("parameters", ()):
        if parameter["in"] == "query":
            is_family = parameter["schema"].get("type") == "object"
            yield f"{parameter['name']}{WILDCARD}" if is_family else parameter["name"]


def _is_known(name: str, names: Sequence[str]) -> bool:
    return name in names or any(name.startswith(each.removesuffix("*")) for each in names if each.endswith(WILDCARD))


def _problems(unknown: Sequence[str], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, name in enumerate(unknown):
        near = difflib.get_close_matches(name[:MAX_SHOWN], names, 1) if number < MAX_SUGGESTIONS else []
        if near:
            hint = f"did you mean {near[0]}?"
        else:
            hint = f"use one of {', '.join(names)}." if names else "this path takes none."
        yield {
            "type": "value_error",
            "loc": ("query", name[:MAX_SHOWN]),
            "msg": f"Unknown query parameter; {hint}",
        }
