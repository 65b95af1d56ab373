"""An example of a request and of a response for each operation, taken from runs of the service.

`./dev test tests/api/openapi --write-examples` writes `examples.json`.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("examples.json")


@lru_cache(maxsize=1)
def examples() -> dict[str, Any]:
    """Return the examples by operation: `parameters`, `request` and `response`."""
    loaded: dict[str, Any] = json.loads(FILE.read_text())
    return loaded


def add_examples(document: dict[str, Any]) -> None:
    """Add its examples to each operation."""
    for methods in document["paths"].values():
        for operation in methods.values():
            _add(operation, examples().get(operation["operationId"], {}))


def _add(operation: dict[str, Any], example: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example.get("parameters", {}):
            parameter["example"] = example["parameters"][parameter["name"]]
    content = operation.get("requestBody", {}).get("content", {})
    _fill(content, example.get("request"))
    response = example.get("response")
    if response:
        _fill(operation["responses"].get(str(response["status"]), {}).get("content", {}), response)


def _fill(content: dict[str, Any], sent: dict[str, Any] | None) -> None:
    """Add what was sent to the media type that it has."""
    if sent and sent.get("media_type") in content and "body" in sent:
        content[sent["media_type"]]["example"] = sent["body"]
