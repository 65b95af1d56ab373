"""Weights as files: safetensors and npz, the same bytes for the same weights."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.problems import InvalidWeights

State = dict[str, npt.NDArray[Any]]

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1", "BOOL": "|b1"}
NAMES = {np.dtype(code): name for name, code in DTYPES.items()}
LARGEST_HEADER = 16 << 20  # bytes; thousands of tensors fit
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can carry


def to_safetensors(state: State, metadata: dict[str, str]) -> bytes:
    """Return `state` in the safetensors format (huggingface/safetensors, "Format").

    Written here because the library keeps metadata in a hash map: its bytes differ from run to run.
    """
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    offset = 0
    for name, values in state.items():
        end = offset + values.nbytes
        header[name] = {"dtype": NAMES[values.dtype], "shape": list(values.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    arrays = (np.ascontiguousarray(values).tobytes() for values in state.values())
    return b"".join([len(text).to_bytes(8, "little"), text, *arrays])


def from_safetensors(data: bytes) -> tuple[State, dict[str, str]]:
    """Return tensors and metadata of a safetensors file.

    Raises:
        InvalidWeights: the bytes are cut, overlap, or name a type this service does not know.
    """
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(LARGEST_HEADER, len(data) - 8):
        raise InvalidWeights("The file is cut or is no safetensors file.")
    try:
        header = json.loads(data[8 : 8 + size])
        metadata = header.pop("__metadata__", {})
        body = memoryview(data)[8 + size :]
        return {name: _tensor(entry, body) for name, entry in header.items()}, metadata
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidWeights("The header of the safetensors file is damaged.") from error


def _tensor(entry: dict[str, Any], body: memoryview) -> npt.NDArray[Any]:
    begin, end = entry["data_offsets"]
    if not 0 <= begin <= end <= len(body):
        raise ValueError("a tensor lies outside the file")
    return np.frombuffer(body[begin:end], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"]).copy()


def to_npz(state: State) -> bytes:
    """Return `state` as an uncompressed .npz archive, without the times that make such files differ."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as entries:
        for name, values in state.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
            entries.writestr(zipfile.ZipInfo(f"{name}.npy", EPOCH), member.getvalue())
    return archive.getvalue()
