"""The operations of the document beside the routes that serve them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.http import authentication

SCOPES = {authentication.reader: "read", authentication.writer: "write", authentication.admin: "admin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation: its part of the document, and the scope that a key needs for it (None: no key is needed)."""

    document: dict[str, Any]
    scope: str | None

    @property
    def id(self) -> str:
        """Return its name in generated clients."""
        return str(self.document["operationId"])

    @property
    def names(self) -> set[str]:
        """Return the names of its parameters."""
        return {parameter["name"] for parameter in self.document.get("parameters", ())}

    @property
    def body_types(self) -> set[str]:
        """Return the media types of its body."""
        return set(self.document.get("requestBody", {}).get("content", ()))

    def has_parameters(self, place: str) -> bool:
        """Return whether it has parameters in the path, the query or the headers."""
        return any(parameter["in"] == place for parameter in self.document.get("parameters", ()))


def operations(document: dict[str, Any], routes: Iterable[APIRoute]) -> list[Operation]:
    """Return the operations of a document, whose ids are the names of the routes."""
    scopes = {route.name: _scope(route.dependant) for route in routes}
    return [
        Operation(document=operation, scope=scopes[operation["operationId"]])
        for methods in document["paths"].values()
        for operation in methods.values()
    ]


def _scope(dependant: Dependant) -> str | None:
    return next((SCOPES[call] for call in _calls(dependant) if call in SCOPES), None)


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
