"""Read, check and write safetensors files.

The format (huggingface/safetensors, "Format"): the length of the header (8 bytes, little-endian); the header, a JSON
object of name -> dtype, shape, data_offsets, plus `__metadata__` with strings; the bytes of the tensors without gaps.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize, safe_open

from engine.errors import InvalidWeights, PointedProblem
from engine.interchange.finite import find_nonfinite
from engine.interchange.safetensors_header import entry_problems, layout_problem
from engine.interchange.tensors import DTYPES, FLOAT_DTYPES, Tensors

LENGTH_BYTES = 8
MAX_HEADER_BYTES = 1 << 20  # as much JSON as a request may have
MAX_TENSORS = 4_096  # several times as many as the largest network has
DTYPE_NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items() if dtype != "bfloat16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """Description of one tensor. `begin` is its first byte, counted from the end of the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Description of a file. `tensors` are in the order of their bytes."""

    tensors: tuple[TensorInfo, ...]
    metadata: dict[str, str]
    bytes: int  # before the first tensor


def read_header(path: Path) -> Header:
    """Read and check the header of a file without reading its tensors.

    Raises:
        InvalidWeights: the header is invalid or does not match the size of the file. Lists every problem; pointers
            lead into the header.
    """
    text = _read_header_text(path)
    rejection = _library_error(path)
    entries = _parse(text, rejection)
    metadata = entries.pop("__metadata__", None) or {}
    if len(entries) > MAX_TENSORS:
        raise _invalid(f"The file has {len(entries):,} tensors. The limit is {MAX_TENSORS:,}; remove unused ones.")
    if not entries:
        raise _invalid("The file has no tensors. Save a state_dict into it.")
    header_bytes = LENGTH_BYTES + len(text)
    problems = entry_problems(entries, metadata)
    if rejection and not problems:
        problems = [layout_problem(entries, path.stat().st_size - header_bytes, rejection)]
    if problems:
        raise InvalidWeights(problems)
    return Header(tensors=_describe(entries), metadata=metadata, bytes=header_bytes)


def check_finite(path: Path, header: Header) -> None:
    """Check that every number in the file is finite, block by block.

    Raises:
        InvalidWeights: lists every tensor with NaN or infinite values.
    """
    problems = []
    with path.open("rb") as file:
        for tensor in header.tensors:
            if tensor.dtype not in FLOAT_DTYPES:
                continue
            file.seek(header.bytes + tensor.begin)
            if found := find_nonfinite(file, tensor.dtype, tensor.shape):
                detail = (
                    f"{tensor.name} has {found.count:,} NaN or infinite values, the first at {list(found.first)}. "
                    "Save weights from an epoch where they were finite."
                )
                problems.append(PointedProblem.at(tensor.name, detail=detail))
    if problems:
        raise InvalidWeights(problems)


def load_safetensors(data: bytes) -> Tensors:
    """Return the tensors of a file. Values of type bfloat16, which NumPy does not have, become float32.

    Raises:
        InvalidWeights: the bytes are not a valid safetensors file. Values are not checked.
    """
    try:
        found = dict(deserialize(data))  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise _invalid(f"The file is not a valid safetensors file: {error}.") from None
    unknown = sorted({tensor["dtype"] for tensor in found.values()} - DTYPES.keys())
    if unknown:
        raise _invalid(f"The file has tensors of unsupported types: {', '.join(unknown)}. Save them as F32.")
    names = [name for name in _header_of(data) if name != "__metadata__"]  # the library returns them in any order
    return {name: _decode(**found[name]) for name in names}


def load_metadata(data: bytes) -> dict[str, str]:
    """Return the metadata of a valid file."""
    metadata: dict[str, str] = _header_of(data).get("__metadata__") or {}
    return metadata


def dump_safetensors(tensors: Tensors, metadata: dict[str, str]) -> bytes:
    """Return the tensors as a safetensors file. Equal weights give equal bytes.

    The library's own writer keeps metadata in a hash map, so its bytes differ from run to run.
    """
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    begin = 0
    for name, values in tensors.items():
        end = begin + values.nbytes
        header[name] = {"dtype": DTYPE_NAMES[values.dtype], "shape": list(values.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    arrays = (np.ascontiguousarray(values).tobytes() for values in tensors.values())
    return b"".join([len(text).to_bytes(LENGTH_BYTES, "little"), text, *arrays])


def _read_header_text(path: Path) -> bytes:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        if size < LENGTH_BYTES:
            raise _invalid(
                f"The file has {size} bytes. A safetensors file starts with the 8-byte length of its header."
            )
        if length > size - LENGTH_BYTES:
            raise _invalid(
                f"The first 8 bytes announce a header of {length:,} bytes, but only {size - LENGTH_BYTES:,} follow. "
                "The file is truncated, or it is not a safetensors file. "
                "Convert a PyTorch file with safetensors.torch.save_file."
            )
        if length > MAX_HEADER_BYTES:
            raise _invalid(f"The header has {length:,} bytes. The limit is {MAX_HEADER_BYTES:,}.")
        return file.read(length)


def _library_error(path: Path) -> str | None:
    """Return the reason why the safetensors library rejects a file, if it does."""
    try:
        with safe_open(path, framework="numpy"):
            return None
    except SafetensorError as error:
        return str(error).removeprefix("Error while deserializing header: ")


def _parse(text: bytes, rejection: str | None) -> dict[str, Any]:
    try:
        entries = json.loads(text.decode(), object_pairs_hook=_object_with_unique_keys)
    except RecursionError:
        raise _invalid("The header is not valid: it is nested too deeply.") from None
    except ValueError as error:
        raise _invalid(f"The header is not valid: {rejection or error}.") from None
    if not isinstance(entries, dict):
        raise _invalid("The header is not a JSON object.")
    return entries


def _object_with_unique_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Reject repeated names, of which the library silently keeps the last."""
    counts = Counter(name for name, _ in pairs)
    if len(counts) < len(pairs):
        raise ValueError(f"the key {counts.most_common(1)[0][0]!r} is repeated")
    return dict(pairs)


def _describe(entries: dict[str, Any]) -> tuple[TensorInfo, ...]:
    tensors = [
        TensorInfo(name=name, dtype=DTYPES[entry["dtype"]], shape=tuple(entry["shape"]), begin=entry["data_offsets"][0])
        for name, entry in entries.items()
    ]
    return tuple(sorted(tensors, key=lambda tensor: tensor.begin))


def _header_of(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    header: dict[str, Any] = json.loads(data[LENGTH_BYTES : LENGTH_BYTES + length])
    return header


def _decode(*, dtype: str, shape: list[int], data: bytearray) -> np.typing.NDArray[Any]:
    if dtype == "BF16":
        halves = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return halves.view(np.float32).reshape(shape)
    return np.frombuffer(data, np.dtype(DTYPES[dtype]).newbyteorder("<")).reshape(shape)


def _invalid(detail: str) -> InvalidWeights:
    return InvalidWeights([PointedProblem(pointer="", detail=detail)])
