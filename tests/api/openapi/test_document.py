"""The OpenAPI document says what the service does: all responses of a walk over the API are as declared."""

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from api.openapi.examples import FILE, examples
from store.db.transaction import transaction
from store.ids import WorkerId
from store.jobs.workers import WorkerInfo, record_heartbeat
from tests.support.api_walk import ApiWalk
from tests.support.openapi import Contract

# Headers that are sent in some states only.
SOMETIMES = {"Age", "Idempotency-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After", "Warning"}
KEPT_LINES = 6  # of an uploaded text, in an example
MAX_ITEMS = 6  # of a list in an example; of longer lists, such as the points of a curve, it has the first ones
KEPT_ITEMS = 3
NO_EXAMPLE = {"get_dataset_content", "get_job_weights", "get_model_weights"}  # bytes


@pytest.fixture
def contract(client: TestClient) -> Contract:
    """The document of the service."""
    return Contract(client.get("/openapi.json").json())


def test_every_response_is_as_the_document_says(
    client: TestClient, work: Any, contract: Contract, request: pytest.FixtureRequest
) -> None:
    walk = ApiWalk(client, work)
    with transaction(client.app.state.services.sessions) as tx:  # type: ignore[attr-defined]  # see conftest.py
        record_heartbeat(tx, WorkerInfo(id=WorkerId("wrk_1"), host="here", pid=1, slots=1, fingerprint="f"))
    walk.run()
    found = examples_of(walk.responses, contract)
    if request.config.getoption("--write-examples"):
        text = re.sub(r"(bp_live_|whsec_)[\w+/=-]{10,}", r"\1…", json.dumps(found, indent=1, ensure_ascii=False))
        FILE.write_text(text + "\n")
    assert [difference for response in walk.responses for difference in contract.differences(response)] == []
    assert all_operations(contract) - contract.called == set()
    assert unseen_headers(contract) == set()
    assert {name: shape(each) for name, each in found.items()} == {
        name: shape(each) for name, each in examples().items()
    }, "run ./dev test tests/api/openapi --write-examples"


def test_every_operation_has_examples_that_fit_its_schemas(contract: Contract) -> None:
    for name, operation in operations(contract).items():
        bodies = [*operation.get("requestBody", {}).get("content", {}).items()]
        bodies += [
            part
            for code, response in operation["responses"].items()
            if code in {"200", "201"}
            for part in response.get("content", {}).items()
        ]
        for media_type, content in bodies:
            if media_type == "application/json":
                assert "example" in content, name
                assert list(contract._errors(name, content, content["example"])) == []


def test_operations_have_stable_ids_descriptions_and_known_tags(contract: Contract) -> None:
    tags = {tag["name"] for tag in contract.document["tags"]}
    for name, operation in operations(contract).items():
        assert name.isidentifier()
        assert operation["description"].strip()
        assert set(operation["tags"]) <= tags
        assert "HTTPValidationError" not in json.dumps(operation)
        for parameter in operation.get("parameters", ()):
            assert parameter["in"] == "path" or parameter.get("description"), (name, parameter["name"])


def operations(contract: Contract) -> dict[str, dict[str, Any]]:
    """Return the operations by id."""
    found = [operation for methods in contract.document["paths"].values() for operation in methods.values()]
    return {operation["operationId"]: operation for operation in found}


def all_operations(contract: Contract) -> set[str]:
    """Return the ids of all operations."""
    return set(operations(contract))


def unseen_headers(contract: Contract) -> set[tuple[str, str, str]]:
    """Return the headers of successes that are declared but were never sent."""
    declared = {
        (name, code, header.lower())
        for name, operation in operations(contract).items()
        for code, response in operation["responses"].items()
        if code < "300"
        for header in {*response.get("headers", {})} - SOMETIMES
    }
    return declared - contract.seen


def examples_of(responses: list[Response], contract: Contract) -> dict[str, Any]:
    """Return the first success of each operation as an example."""
    found: dict[str, Any] = {}
    for response in responses:
        operation = contract.operation_of(response)
        if operation and response.status_code < 300 and operation["operationId"] not in {*found, *NO_EXAMPLE}:
            found[operation["operationId"]] = example_of(response)
    return dict(sorted(found.items()))


def example_of(response: Response) -> dict[str, Any]:
    """Return a request and its response."""
    example: dict[str, Any] = {"response": {"status": response.status_code, **body_of(response)}}
    if response.request.content:
        example = {"request": body_of(response.request), **example}
    return example


def body_of(message: Any) -> dict[str, Any]:
    """Return media type and body; only the first lines of a long text."""
    media_type = message.headers.get("content-type", "").partition(";")[0]
    if media_type == "application/json":
        return {"media_type": media_type, "body": shortened(json.loads(message.content))}
    if media_type.startswith("text/"):
        lines = message.content.decode().splitlines(keepends=True)
        return {"media_type": media_type, "body": "".join(lines[:KEPT_LINES])}
    return {}


def shortened(value: Any) -> Any:
    """Return JSON values with the first items of long lists."""
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shortened(each) for each in (value if len(value) <= MAX_ITEMS else value[:KEPT_ITEMS])]
    return value


def shape(value: Any) -> Any:
    """Return the names of fields, without values that differ between runs."""
    if isinstance(value, dict) and "body" in value and isinstance(value["body"], dict):
        return {"media_type": value["media_type"], "body": sorted(value["body"])}
    return {name: shape(each) for name, each in value.items()} if isinstance(value, dict) else type(value).__name__
