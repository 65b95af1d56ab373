"""From Pydantic's locations to JSON pointers (RFC 6901) into the body as it was sent, with words that teach."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import json_pointer

MISFITS = {  # a value of another kind than the one that was wanted, and how that is told if not in Pydantic's words
    "literal_error": "",
    "model_attributes_type": "Input should be an object",
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "tuple_type": "Input should be a list",
    "list_type": "Input should be a list",
    "float_type": "Input should be a number",
    "int_type": "Input should be a whole number",
    "int_from_float": "Input should be a whole number",
    "string_type": "Input should be a string",
    "none_required": "Input should be null",
}


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

    Where one of several kinds of values may stand, Pydantic tells what is wrong with the value as each of them. If it
    is one of these kinds and wrong further in, only that is told; if it is none of them, all are told at once. A list
    that is too short only because its items are wrong is left out: Pydantic drops those before it counts.
    """
    found = [(_field(problem, body), str(problem["type"])) for problem in problems]
    outer = {above for field, _ in found for above in _above(field.pointer)}
    meant = {at for field, kind in found if kind not in MISFITS for at in (field.pointer, *_above(field.pointer))}
    merged: dict[str, InvalidField] = {}
    for field, kind in found:
        if kind in MISFITS:
            if field.pointer not in meant:
                merged[field.pointer] = _either(merged.get(field.pointer), field)
        elif kind != "too_short" or field.pointer not in outer:
            merged[f"{field.pointer} {field.detail}"] = field
    return list(merged.values())


def _field(problem: Mapping[str, Any], body: Any) -> InvalidField:
    where, *path = problem["loc"]
    if where != "body":
        return InvalidField(pointer=f"{where} {'/'.join(map(str, path))}", detail=_detail(problem))
    return InvalidField(pointer=json_pointer(_real(path, body, problem["type"])), detail=_detail(problem))


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


def _above(pointer: str) -> Iterator[str]:
    """The pointers to what contains a value."""
    while "/" in pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _either(one: InvalidField | None, other: InvalidField) -> InvalidField:
    """That a value should be one of two things, each of which was told by itself."""
    if one is None:
        return other
    before, _, given = one.detail.rstrip(".").partition(", not ")
    wanted = other.detail.rstrip(".").partition(", not ")[0].removeprefix("Input should be ")
    told = f", not {given}" if given else ""
    return InvalidField(pointer=one.pointer, detail=f"{before} or {wanted}{told}.")


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
    if kind == "greater_than_equal":
        message = f"Input should be at least {context['ge']!r}"  # Pydantic writes 1e-30 with all its zeros
    else:
        message = MISFITS.get(kind) or str(problem["msg"])
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    given = problem.get("input")
    told = f", not {given!r}" if isinstance(given, str | int | float | bool) and len(repr(given)) < 60 else ""
    return f"{message}{told}." if kind != "value_error" else message


def _unknown_type(tag: str, expected: str) -> str:
    names = [name.strip(" '") for name in expected.split(",")]
    near = difflib.get_close_matches(tag, names, 1)
    return f"There is no type {tag!r}" + (
        f"; did you mean {near[0]!r}?" if near else f"; it is one of {', '.join(names)}."
    )
