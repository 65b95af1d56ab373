"""Explain what is wrong with the header of a safetensors file: every problem, with a pointer to its place."""

import math
import re
from collections.abc import Callable
from typing import Any

from engine.errors import PointedProblem
from engine.interchange.tensors import DTYPES, item_bytes

MAX_AXES = 8
MAX_AXIS = 2**48  # keeps products of axes small
MAX_OFFSET = 2**63
MAX_NAME_LENGTH = 256
UNSTORABLE = re.compile("[\\x00\ud800-\udfff]")  # characters that PostgreSQL or UTF-8 cannot hold


def entry_problems(entries: dict[str, Any], metadata: Any) -> list[PointedProblem]:
    """Return what is wrong with single entries, whatever the file's size."""
    problems = [problem for name, entry in entries.items() for problem in _tensor_problems(name, entry)]
    if not (isinstance(metadata, dict) and all(isinstance(value, str) for value in metadata.values())):
        problems.append(PointedProblem.at("__metadata__", detail="The metadata must be an object of strings."))
    return problems


def layout_problem(entries: dict[str, Any], available: int, rejection: str) -> PointedProblem:
    """Return the first place where valid entries leave gaps, overlap, or do not fit the `available` bytes."""
    expected, previous = 0, "the header"
    for name, entry in sorted(entries.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != expected:
            detail = f"{name} must begin at byte {expected:,}, right after {previous}, but begins at {begin:,}."
            return PointedProblem.at(name, "data_offsets", detail=detail)
        expected, previous = end, name
    if expected != available:
        detail = f"The tensors take {expected:,} bytes, but {available:,} bytes follow the header."
        fix = "The file is truncated; upload it again." if available < expected else "Remove the extra bytes."
        return PointedProblem(pointer="", detail=f"{detail} {fix}")
    return PointedProblem(pointer="", detail=f"The safetensors library rejects the file: {rejection}.")


def _tensor_problems(name: str, entry: Any) -> list[PointedProblem]:
    if not 0 < len(name) <= MAX_NAME_LENGTH or UNSTORABLE.search(name):
        rule = f"1 to {MAX_NAME_LENGTH} characters, without NUL or unpaired surrogates"
        return [PointedProblem(pointer="", detail=f"{name[:40]!a} is not a valid name. Names have {rule}.")]
    if not isinstance(entry, dict) or not entry.keys() >= FIELD_CHECKS.keys():
        return [PointedProblem.at(name, detail=f"{name} needs {', '.join(FIELD_CHECKS)}.")]
    found = {field: problem for field, check in FIELD_CHECKS.items() if (problem := check(entry[field]))}
    if not found and (problem := _size_problem(entry)):
        found = {"data_offsets": problem}
    return [PointedProblem.at(name, field, detail=f"{name}: {detail}") for field, detail in found.items()]


def _dtype_problem(dtype: Any) -> str | None:
    if isinstance(dtype, str) and dtype in DTYPES:
        return None
    return f"dtype {str(dtype)[:20]!r} is not supported. Supported are {', '.join(DTYPES)}; save the weights as F32."


def _shape_problem(shape: Any) -> str | None:
    if isinstance(shape, list) and len(shape) <= MAX_AXES and all(_is_count(axis, MAX_AXIS) for axis in shape):
        return None
    return f"the shape must be a list of at most {MAX_AXES} whole numbers of 0 or more."


def _offsets_problem(offsets: Any) -> str | None:
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(_is_count(each, MAX_OFFSET) for each in offsets)):
        return "data_offsets must be two whole numbers: the first byte, and the byte after the last."
    begin, end = offsets
    return f"the data ends at byte {end}, before its beginning at byte {begin}." if end < begin else None


def _size_problem(entry: dict[str, Any]) -> str | None:
    begin, end = entry["data_offsets"]
    needed = math.prod(entry["shape"]) * item_bytes(DTYPES[entry["dtype"]])
    if end - begin == needed:
        return None
    return f"shape {entry['shape']} of {entry['dtype']} takes {needed:,} bytes, but data_offsets span {end - begin:,}."


def _is_count(value: Any, limit: int) -> bool:
    return type(value) is int and 0 <= value < limit


FIELD_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "dtype": _dtype_problem,
    "shape": _shape_problem,
    "data_offsets": _offsets_problem,
}
