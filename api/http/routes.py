"""The routes of an application, through the routers that it includes."""

from collections.abc import Iterable, Iterator
from typing import Any


def all_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield the routes of an application or a router, and those of the routers inside."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from [route] if included is None else all_routes(included.routes)
