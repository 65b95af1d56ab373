"""Query parameters: what an address does not know is refused, so that no misspelt condition is left out silently."""

import copy
import difflib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

FAMILY = "*"  # at the end of a documented name: it may go on as it likes


class KnownRoute(APIRoute):
    """A route that refuses query parameters which it does not document, together with whatever else is wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind a look at the parameters' names."""
        handler = super().get_route_handler()
        checks = APIRoute.get_route_handler(_without_endpoint(self))
        names = [*_names(self.dependant), *(each["name"] for each in (self.openapi_extra or {}).get("parameters", ()))]

        async def known(request: Request) -> Response:
            unknown = [name for name in dict.fromkeys(request.query_params) if not _is_known(name, names)]
            if not unknown:
                return await handler(request)
            try:
                return await checks(request)
            except RequestValidationError as error:
                problems = [*error.errors(), *(_problem(name, names) for name in unknown)]
                raise RequestValidationError(problems, body=error.body) from None

        return known


def _without_endpoint(route: APIRoute) -> APIRoute:
    """The route as far as it checks a request."""
    checking = copy.copy(route)
    checking.dependant = replace(route.dependant, call=_nothing_wrong)
    return checking


async def _nothing_wrong(**_: Any) -> NoReturn:
    raise RequestValidationError([])


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)


def _is_known(name: str, names: Sequence[str]) -> bool:
    return name in names or any(name.startswith(each[:-1]) for each in names if each.endswith(FAMILY))


def _problem(name: str, names: Sequence[str]) -> dict[str, Any]:
    near = difflib.get_close_matches(name, names, 1)
    ours = (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}." if names else "this address has none."
    )
    return {"type": "value_error", "loc": ("query", name[:100]), "msg": f"There is no such parameter; {ours}"}
