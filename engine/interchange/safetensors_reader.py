"""Safetensors files as they come in: the header is believed only as far as the bytes that follow bear it out.

The format (huggingface/safetensors, "Format"): the length of the header (8 bytes, little-endian), the header (a JSON
object: name -> dtype, shape, data_offsets; and `__metadata__`, strings), then the tensors' bytes without gaps.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidWeights, PointedProblem

Array = npt.NDArray[Any]

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}
FLOATS = ("float64", "float32", "float16", "bfloat16")
PREFIX_BYTES = 8
MAX_HEADER = 1 << 20  # bytes: as much JSON as a request may have
MAX_TENSORS = 4_096  # several times what the largest network has
MAX_AXES = 8
MAX_NAME = 256
MAX_AXIS = 2**48  # so that products of axes stay small numbers
BLOCK_BYTES = 1 << 20  # looked at together; a multiple of every item's size
EXPONENT = 0x7F80  # of a bfloat16: all ones in what is not finite
UNSTORABLE = re.compile("[\\x00\ud800-\udfff]")
FIELDS = ("dtype", "shape", "data_offsets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One tensor of a file; `begin` and `end` count from the end of the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says of its tensors, which are in the order of their bytes; those begin at `start`."""

    tensors: tuple[Tensor, ...]
    metadata: dict[str, str]
    start: int


def read_header(file: BinaryIO, size: int) -> Header:
    """Read the header of a file of `size` bytes, and hold it against them.

    Raises:
        InvalidWeights: with all that is wrong; pointers lead into the header.
    """
    start, entries = _open(file, size)
    problems: list[PointedProblem] = []
    metadata = _metadata(entries.pop("__metadata__", {}), problems)
    if len(entries) > MAX_TENSORS:
        detail = f"There are {len(entries):,} tensors; at most {MAX_TENSORS:,} are taken. Leave out what is not needed."
        raise InvalidWeights([PointedProblem(pointer="", detail=detail)])
    read = [_tensor(name, entry, problems) for name, entry in entries.items()]
    tensors = sorted((tensor for tensor in read if tensor), key=lambda tensor: (tensor.begin, tensor.end))
    if not entries:
        problems.append(PointedProblem(pointer="", detail="The file has no tensors; save a state_dict into it."))
    if not problems:
        _check_layout(tensors, size - start, problems)
    if problems:
        raise InvalidWeights(problems)
    return Header(tensors=tuple(tensors), metadata=metadata, start=start)


def check_values(file: BinaryIO, header: Header) -> None:
    """Look at every number, a block at a time.

    Raises:
        InvalidWeights: with all tensors that hold NaN or an infinity.
    """
    problems = []
    for tensor in header.tensors:
        count, first = _not_finite(file, header.start, tensor) if tensor.dtype in FLOATS else (0, 0)
        if count:
            place = [int(axis) for axis in np.unravel_index(first, tensor.shape)]
            detail = (
                f"{tensor.name} holds {count:,} values that are NaN or infinite, the first at {place}. "
                "Save the weights of an epoch at which they were finite."
            )
            problems.append(PointedProblem(pointer=_pointer(tensor.name), detail=detail))
    if problems:
        raise InvalidWeights(problems)


def decode(tensor: Tensor, data: memoryview) -> Array:
    """Return the values that the tensor's bytes stand for; bfloat16, which NumPy does not have, as float32."""
    if tensor.dtype == "bfloat16":
        halves = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return halves.view(np.float32).reshape(tensor.shape)
    return np.frombuffer(data, np.dtype(tensor.dtype).newbyteorder("<")).reshape(tensor.shape)


def item_bytes(dtype: str) -> int:
    """Return how many bytes a number takes."""
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def _open(file: BinaryIO, size: int) -> tuple[int, dict[str, Any]]:
    """Return where the tensors' bytes begin, and the header's JSON."""
    length = int.from_bytes(file.read(PREFIX_BYTES), "little")
    if size < PREFIX_BYTES:
        raise _invalid(
            f"The file has {size} bytes, and a safetensors file begins with 8 that tell its header's length."
        )
    if length > size - PREFIX_BYTES:
        raise _invalid(
            f"The first 8 bytes promise a header of {length:,} bytes, and {size - PREFIX_BYTES:,} follow: the file was "
            "cut, or is no safetensors file (of a PyTorch file make one with safetensors.torch.save_file)."
        )
    if length > MAX_HEADER:
        raise _invalid(f"The header has {length:,} bytes; at most {MAX_HEADER:,} are read.")
    try:
        header = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise _invalid("The header is nested deeper than a header is.") from None
    except ValueError as error:
        raise _invalid(f"The header is not JSON as it should be: {error}.") from None
    if not isinstance(header, dict):
        raise _invalid("The header is no JSON object.")
    return PREFIX_BYTES + length, header


def _invalid(detail: str) -> InvalidWeights:
    return InvalidWeights([PointedProblem(pointer="", detail=detail)])


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen = set[str]()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} is there twice")
    return value


def _metadata(found: Any, problems: list[PointedProblem]) -> dict[str, str]:
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return found
    problems.append(PointedProblem(pointer="/__metadata__", detail="The metadata is no object of strings."))
    return {}


def _tensor(name: str, entry: Any, problems: list[PointedProblem]) -> Tensor | None:
    """Return the tensor if nothing is wrong with its entry."""
    if not 0 < len(name) <= MAX_NAME or UNSTORABLE.search(name):
        shown = ascii(name[:40])
        detail = f"{shown} is no name: 1 to {MAX_NAME} characters, no NUL, no half of a surrogate pair."
        problems.append(PointedProblem(pointer="", detail=detail))
        return None
    if not isinstance(entry, dict) or set(entry) != set(FIELDS):
        problems.append(
            PointedProblem(pointer=_pointer(name), detail=f"{name} needs {', '.join(FIELDS)}, and nothing else.")
        )
        return None
    wrong = {"dtype": _bad_dtype(entry), "shape": _bad_shape(entry), "data_offsets": _bad_offsets(entry)}
    if not any(wrong.values()) and (lie := _bad_size(entry)):
        wrong["data_offsets"] = lie
    problems += [
        PointedProblem(pointer=_pointer(name, field), detail=f"{name}: {detail}")
        for field, detail in wrong.items()
        if detail
    ]
    if any(wrong.values()):
        return None
    begin, end = entry["data_offsets"]
    return Tensor(name=name, dtype=DTYPES[entry["dtype"]], shape=tuple(entry["shape"]), begin=begin, end=end)


def _bad_dtype(entry: dict[str, Any]) -> str | None:
    code = entry["dtype"]
    if isinstance(code, str) and code in DTYPES:
        return None
    return f"the dtype {str(code)[:20]!r} is not one of {', '.join(DTYPES)}; save the weights as F32."


def _bad_shape(entry: dict[str, Any]) -> str | None:
    shape = entry["shape"]
    if isinstance(shape, list) and len(shape) <= MAX_AXES and all(_is_count(axis, MAX_AXIS) for axis in shape):
        return None
    return f"the shape is no list of at most {MAX_AXES} whole numbers from 0 up."


def _bad_offsets(entry: dict[str, Any]) -> str | None:
    offsets = entry["data_offsets"]
    if isinstance(offsets, list) and len(offsets) == 2 and all(_is_count(offset, 2**63) for offset in offsets):
        begin, end = offsets
        return f"its bytes end at {end}, before they begin at {begin}." if end < begin else None
    return "data_offsets are two whole numbers, where its bytes begin and end."


def _bad_size(entry: dict[str, Any]) -> str | None:
    begin, end = entry["data_offsets"]
    needed = math.prod(entry["shape"]) * item_bytes(DTYPES[entry["dtype"]])
    if end - begin == needed:
        return None
    return f"{entry['shape']} of {entry['dtype']} take {needed:,} bytes, and data_offsets give it {end - begin:,}."


def _is_count(value: Any, below: int) -> bool:
    return type(value) is int and 0 <= value < below


def _check_layout(tensors: Sequence[Tensor], available: int, problems: list[PointedProblem]) -> None:
    """Note where tensors overlap, leave gaps, or lie beyond the bytes that are there."""
    position, before = 0, "the header"
    for tensor in tensors:
        pointer = _pointer(tensor.name, "data_offsets")
        if tensor.begin < position:
            detail = f"{tensor.name} begins at byte {tensor.begin:,}, within {before}, which ends at {position:,}."
            problems.append(PointedProblem(pointer=pointer, detail=detail))
        if tensor.begin > position:
            detail = f"Bytes {position:,} to {tensor.begin:,} before {tensor.name} belong to no tensor."
            problems.append(PointedProblem(pointer=pointer, detail=detail))
        if tensor.end > available:
            detail = f"{tensor.name} ends at byte {tensor.end:,}, and {available:,} are there: the file was cut."
            problems.append(PointedProblem(pointer=pointer, detail=detail))
        if tensor.end >= position:
            position, before = tensor.end, tensor.name
    if position < available:
        detail = f"The last {available - position:,} bytes of the file belong to no tensor."
        problems.append(PointedProblem(pointer="", detail=detail))


def _not_finite(file: BinaryIO, start: int, tensor: Tensor) -> tuple[int, int]:
    """Return how many numbers are not finite, and the flat place of the first."""
    file.seek(start + tensor.begin)
    count = first = seen = 0
    left = tensor.end - tensor.begin
    while left:
        block = file.read(min(BLOCK_BYTES, left))
        if not block:
            raise _invalid(f"{tensor.name}: the file was cut while it was read.")
        bad = np.flatnonzero(_bad(block, tensor.dtype))
        if len(bad):
            first = first if count else seen + int(bad[0])
        count += len(bad)
        seen += len(block) // item_bytes(tensor.dtype)
        left -= len(block)
    return count, first


def _bad(block: bytes, dtype: str) -> Array:
    """Return which numbers of a block are not finite."""
    if dtype == "bfloat16":
        bad: Array = (np.frombuffer(block, "<u2") & EXPONENT) == EXPONENT
    else:
        bad = ~np.isfinite(np.frombuffer(block, np.dtype(dtype).newbyteorder("<")))
    return bad


def _pointer(*path: str) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
