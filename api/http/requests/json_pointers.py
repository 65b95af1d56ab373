"""Validation errors of Pydantic as problems at JSON pointers (RFC 6901) into the body as it was sent."""

import difflib
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.errors import PointedProblem, json_pointer

MAX_SHOWN = 60  # characters of a wrong value that a message repeats
MAX_MISSPELLED = 30  # characters of an unknown type that may be meant for a known one

WRONG_KINDS = {  # errors of a value of the wrong kind, each with a plainer message than Pydantic's if there is one
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


def pointed_problems(errors: Sequence[Mapping[str, Any]], body: Any) -> list[PointedProblem]:
    """Return where the request is wrong: a pointer into the body, ``query NAME`` or ``header NAME``.

    For a value that may be of several kinds, Pydantic reports the errors of each kind. If the value is of one of these
    kinds and has errors inside, only those are returned; otherwise one problem names all kinds. A list that is too
    short only because its items are invalid is left out: Pydantic drops invalid items before it counts.
    """
    found = [(_problem(error, body), str(error["type"])) for error in errors]
    outer = {above for problem, _ in found for above in _ancestors(problem.pointer)}
    matched = {at for problem, kind in found if kind not in WRONG_KINDS for at in _lineage(problem.pointer)}
    merged: dict[str, PointedProblem] = {}
    for problem, kind in found:
        if kind in WRONG_KINDS:
            if problem.pointer not in matched:
                merged[problem.pointer] = _either(merged.get(problem.pointer), problem)
        elif kind != "too_short" or problem.pointer not in outer:
            merged[f"{problem.pointer} {problem.detail}"] = problem
    return list(merged.values())


def _problem(error: Mapping[str, Any], body: Any) -> PointedProblem:
    where, *path = error["loc"]
    if where != "body":
        return PointedProblem(pointer=f"{where} {'/'.join(map(str, path))}".rstrip(), detail=_detail(error))
    return PointedProblem(pointer=json_pointer(_sent_path(path, body, error["type"])), detail=_detail(error))


def _sent_path(path: Sequence[str | int], body: Any, kind: str) -> list[str | int]:
    """Return the path without the tags of unions, which Pydantic adds and the body does not have."""
    sent: list[str | int] = []
    for index, part in enumerate(path):
        try:
            body = body[part]
        except (KeyError, IndexError, TypeError):
            if not (kind == "missing" and index == len(path) - 1):
                continue
        sent.append(part)
    return sent


def _lineage(pointer: str) -> Iterator[str]:
    """Yield the pointer and the pointers to all values that contain its value."""
    yield pointer
    yield from _ancestors(pointer)


def _ancestors(pointer: str) -> Iterator[str]:
    while "/" in pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _either(one: PointedProblem | None, other: PointedProblem) -> PointedProblem:
    """Merge "should be A, not X" and "should be B, not X" into "should be A or B, not X"."""
    if one is None:
        return other
    before, _, given = one.detail.rstrip(".").partition(", not ")
    wanted = other.detail.rstrip(".").partition(", not ")[0].removeprefix("Input should be ")
    value = f", not {given}" if given else ""
    return PointedProblem(pointer=one.pointer, detail=f"{before} or {wanted}{value}.")


def _detail(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return "Unknown field."
    if kind == "missing":
        return "This field is required."
    if kind == "union_tag_invalid":
        return _unknown_type(context["tag"], context["expected_tags"])
    if kind == "union_tag_not_found":
        return "The field `type` is required."
    if kind == "greater_than_equal":
        message = f"Input should be at least {context['ge']!r}"  # Pydantic writes 1e-30 with all its zeros
    else:
        message = WRONG_KINDS.get(kind) or str(error["msg"])
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{message}{_given(error.get('input'))}." if kind != "value_error" else message


def _given(value: Any) -> str:
    shown = isinstance(value, str | int | float | bool) and len(repr(value)) < MAX_SHOWN
    return f", not {value!r}" if shown else ""


def _unknown_type(tag: str, expected: str) -> str:
    return _unknown(tag if len(tag) <= MAX_SHOWN else f"{tag[:MAX_SHOWN]}…", expected)


@functools.lru_cache(maxsize=256)  # an error of each of many layers can be about the same type
def _unknown(shown: str, expected: str) -> str:
    names = [name.strip(" '") for name in expected.split(",")]
    near = difflib.get_close_matches(shown, names, 1) if len(shown) <= MAX_MISSPELLED else []
    return f"Unknown type {shown!r}" + (f"; did you mean {near[0]!r}?" if near else f"; use one of {', '.join(names)}.")
