"""The OpenAPI 3.1 document, from the routes and from what they declare."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.http.routes import all_routes
from api.openapi.examples import add_examples
from api.openapi.headers import EVERY_RESPONSE, RESPONSE_HEADERS, header_reference
from api.openapi.operations import Operation, operations
from api.openapi.problem_responses import component, component_name, problem_responses
from api.openapi.schemas import add_problem_schema, rename_views, simplify
from api.openapi.texts import SECURITY_SCHEME, SERVERS, TAGS


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the document of an application."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        tags=TAGS,
        servers=SERVERS,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
    )
    components = document["components"]
    components["headers"] = dict(RESPONSE_HEADERS)
    components["securitySchemes"] = {"api_key": SECURITY_SCHEME}
    components["responses"] = {}
    add_problem_schema(components["schemas"])
    routes = [route for route in all_routes(app.routes) if isinstance(route, APIRoute)]
    for operation in operations(document, routes):
        _complete(operation, components["responses"])
    for item in document["webhooks"].values():
        item["post"]["responses"].pop("422", None)  # FastAPI's, for requests that it would receive
    document = rename_views(document)
    simplify(document)
    add_examples(document)
    return document


def operation_id(route: APIRoute) -> str:
    """Return the name of an operation in generated clients: the name of its function."""
    return route.name


def _complete(operation: Operation, shared: dict[str, Any]) -> None:
    """Add what all operations of a kind have in common."""
    document = operation.document
    document["summary"] = document["summary"].capitalize()
    document["security"] = [{"api_key": [operation.scope]}] if operation.scope else []
    if operation.scope:
        document["description"] = f"{document['description']}\n\nThe key needs the scope `{operation.scope}`."
    responses = {code: each for code, each in document["responses"].items() if code != "422"}
    for code, response in responses.items():
        _add_headers(response, _implied_headers(operation, code))
    for code, kinds in problem_responses(operation).items():
        if code in responses:
            continue  # declared otherwise
        name = component_name(kinds)
        shared.setdefault(name, component(kinds))
        responses[code] = {"$ref": f"#/components/responses/{name}"}
    document["responses"] = dict(sorted(responses.items()))


def _implied_headers(operation: Operation, code: str) -> Sequence[str]:
    replayed = ["Idempotency-Replayed"] if "idempotency-key" in operation.names else []
    return [*EVERY_RESPONSE, *(["Location"] if code == "201" else []), *replayed]


def _add_headers(response: dict[str, Any], names: Sequence[str]) -> None:
    response.setdefault("headers", {}).update({name: header_reference(name) for name in names})
