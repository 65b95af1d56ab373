"""Compare responses with the OpenAPI document: status, media type, headers and body must be declared."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from httpx import Response

NOT_DECLARED = {"content-type", "content-length", "date", "server", "connection", "transfer-encoding", "vary"}
UNMENTIONED = {"x-content-type-options", "allow", "x-accel-buffering"}  # for browsers and proxies, or on any error


class Contract:
    """The document, and which of its headers were seen."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.seen: set[tuple[str, str, str]] = set()  # operation, status, header
        self.called: set[str] = set()
        self._paths = [(_pattern(path), methods) for path, methods in document["paths"].items()]
        self._validators: dict[str, Any] = {}

    def operation_of(self, response: Response) -> dict[str, Any] | None:
        """Return the operation that was called; None if it is not in the document."""
        method, path = response.request.method.lower(), response.request.url.path
        found = [methods[method] for pattern, methods in self._paths if pattern.fullmatch(path) and method in methods]
        return found[0] if found else None

    def differences(self, response: Response) -> list[str]:
        """Return what the document does not say about a response."""
        operation = self.operation_of(response)
        if operation is None:
            return []
        name, status = operation["operationId"], str(response.status_code)
        self.called.add(name)
        declared = self._resolve(operation["responses"].get(status))
        if declared is None:
            return [f"{name}: the status {status} is not declared: {response.text[:200]}"]
        headers = {header.lower() for header in declared.get("headers", {})}
        sent = {header.lower() for header in response.headers} - NOT_DECLARED - UNMENTIONED
        self.seen |= {(name, status, header) for header in {*sent, *response.headers} & headers}
        problems = [f"{name} {status}: the header {header} is not declared" for header in sent - headers]
        return problems + list(self._body(f"{name} {status}", declared, response))

    def _body(self, where: str, declared: dict[str, Any], response: Response) -> Iterator[str]:
        sent = response.headers.get("content-type", "").partition(";")[0]
        content = declared.get("content", {})
        if not content and not response.content:
            return
        if sent not in content:
            yield f"{where}: the media type {sent!r} is not declared, only {', '.join(content)}"
        elif sent.endswith("json"):
            yield from self._errors(where, content[sent], response.json())

    def _errors(self, where: str, content: dict[str, Any], value: Any) -> Iterator[str]:
        codes = content.get("examples")
        if codes and value.get("code") not in codes:
            yield f"{where}: the code {value.get('code')} is not declared, only {', '.join(codes)}"
        validator = self._validator(content["schema"])
        for error in validator.iter_errors(value):
            yield f"{where}: {error.message[:200]} at {list(error.instance_path)}"

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[key]

    def _resolve(self, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None or "$ref" not in value:
            return value
        found: Any = self.document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        resolved: dict[str, Any] = found
        return resolved


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "/?")
