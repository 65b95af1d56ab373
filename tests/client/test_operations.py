"""The client has a call for each operation of the service, so that it cannot fall behind."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from api.app import create_app
from service.settings import Settings
from tests.support.project import ROOT

NOT_IN_THE_CLIENT = {
    "cancel_upload": "unfinished uploads expire by themselves",
    "get_upload": "HEAD of the same path gives the offset",
    "healthz": "for supervisors",
    "readyz": "for supervisors",
    "get_service_metrics": "for Prometheus",
}
PART = "*"
RESOURCES = {"job": "jobs", "batches": "batches"}  # by the file of the class for one of them


def called_paths() -> Iterator[tuple[str, ...]]:
    """Yield the segments of each path in the client's code; those that vary are `*`."""
    for file in (ROOT / "client/backprop_client/_async").glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        for call in calls:
            segments = tuple(each.value if isinstance(each, ast.Constant) else PART for each in call.args)
            if any(isinstance(each, ast.Starred) for each in call.args):
                continue  # of the methods that the others call
            match call.func:
                case ast.Name(id="path_of"):
                    yield segments
                case ast.Attribute(attr="_path" | "_act"):
                    yield (RESOURCES[file.stem], PART, *(each for each in segments if each != PART))


@pytest.fixture(scope="module")
def paths() -> set[tuple[str, ...]]:
    return set(called_paths())


def segments(path: str) -> tuple[str, ...]:
    return tuple(PART if part.startswith("{") else part for part in path.removeprefix("/v1/").split("/"))


def test_each_operation_has_a_call_or_a_reason(paths: set[tuple[str, ...]]) -> None:
    document: dict[str, Any] = create_app(Settings(database_url="sqlite://")).openapi()
    operations = {
        operation["operationId"]: segments(path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }
    missing = {name for name, found in operations.items() if found not in paths}
    assert missing == set(NOT_IN_THE_CLIENT) & missing, "add a method to the client, or a reason to this test"
    assert set(NOT_IN_THE_CLIENT) <= set(operations), "these operations do not exist any more"
    assert paths <= set(operations.values()), "the client calls paths that the service does not have"
