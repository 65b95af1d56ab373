"""From Pydantic's locations to JSON pointers (RFC 6901) into the body as it was sent, with words that teach."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidField:
    """One thing wrong with a request."""

    pointer: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """As an item of the problem's `errors`."""
        return {"pointer": self.pointer, "detail": self.detail}


def invalid_fields(problems: Sequence[Mapping[str, Any]], body: Any) -> list[InvalidField]:
    """What is wrong, where: a pointer into the body, or ``query name`` and ``header name`` for what is not in it.

    A list that is too short only because its items are wrong is left out: Pydantic drops those before it counts.
    """
    fields = [_field(problem, body) for problem in problems if problem["type"] != "too_short"]
    inner = [field.pointer + "/" for field in fields]
    short = [_field(problem, body) for problem in problems if problem["type"] == "too_short"]
    return fields + [field for field in short if not any(name.startswith(field.pointer + "/") for name in inner)]


def pointer(path: Sequence[str | int]) -> str:
    """``/a/0/b`` for the path a, 0, b."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _field(problem: Mapping[str, Any], body: Any) -> InvalidField:
    where, *path = problem["loc"]
    if where != "body":
        return InvalidField(pointer=f"{where} {'/'.join(map(str, path))}", detail=_detail(problem))
    return InvalidField(pointer=pointer(_real(path, body, problem["type"])), detail=_detail(problem))


def _real(path: Sequence[str | int], body: Any, kind: str) -> list[str | int]:
    """The path without the tags of unions, which Pydantic puts in and no body has."""
    real: list[str | int] = []
    for at, part in enumerate(path):
        try:
            body = body[part]
        except (KeyError, IndexError, TypeError):
            if not (kind == "missing" and at == len(path) - 1):
                continue
        real.append(part)
    return real


def _detail(problem: Mapping[str, Any]) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return "There is no such field."
    if kind == "missing":
        return "This field is required."
    if kind == "union_tag_invalid":
        return _unknown_type(context["tag"], context["expected_tags"])
    if kind == "union_tag_not_found":
        return "This needs a type."
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    given = problem.get("input")
    told = f", not {given!r}" if isinstance(given, str | int | float | bool) and len(repr(given)) < 60 else ""
    return f"{message}{told}." if kind != "value_error" else message


def _unknown_type(tag: str, expected: str) -> str:
    names = [name.strip(" '") for name in expected.split(",")]
    near = difflib.get_close_matches(tag, names, 1)
    return f"There is no type {tag!r}" + (
        f"; did you mean {near[0]!r}?" if near else f"; it is one of {', '.join(names)}."
    )
