"""Requests as values: what to send, and how long to wait for the answer."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

Parameter = str | int | float | bool | None
Parameters = Mapping[str, Parameter | Mapping[str, str] | Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. It can be sent several times: one that changes something has an idempotency key for that."""

    method: str
    path: str
    parameters: Parameters = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None  # JSON
    content: bytes | None = None
    timeout_seconds: float | None = None  # None: the timeout of the client


def path_of(*segments: str) -> str:
    """Return the path of a resource, with its segments escaped: `path_of("jobs", "job_1")` is `/v1/jobs/job_1`."""
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def query_of(parameters: Parameters) -> list[tuple[str, str | int | float | bool | None]]:
    """Return query parameters as text, without those that are None. `metadata` becomes `metadata.KEY`."""
    return [pair for name, value in parameters.items() for pair in _pairs(name, value)]


def new_idempotency_key() -> str:
    """Return a key that no other request has."""
    return str(uuid.uuid4())


def without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were given."""
    return {name: value for name, value in body.items() if value is not None}


def _pairs(name: str, value: Parameter | Mapping[str, str] | Sequence[str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from ((f"{name}.{key}", each) for key, each in value.items())
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif isinstance(value, str | int | float):
        yield name, str(value)
    elif value is not None:
        yield name, ",".join(value)
