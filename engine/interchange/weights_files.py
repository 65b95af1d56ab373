"""Weights as files of ours: safetensors and npz, the same bytes for the same weights."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.interchange.safetensors_reader import DTYPES, decode, read_header

State = dict[str, npt.NDArray[Any]]

NAMES = {np.dtype(kind): code for code, kind in DTYPES.items() if kind != "bfloat16"}
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
    """Return tensors and metadata of a safetensors file; the arrays are read-only views of `data` where they can be.

    Raises:
        InvalidWeights: the bytes are no such file; values are not looked at.
    """
    header = read_header(io.BytesIO(data), len(data))
    body = memoryview(data)[header.start :]
    return {tensor.name: decode(tensor, body[tensor.begin : tensor.end]) for tensor in header.tensors}, header.metadata


def to_npz(state: State) -> bytes:
    """Return `state` as an uncompressed .npz archive, without the times that make such files differ."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as entries:
        for name, values in state.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
            entries.writestr(zipfile.ZipInfo(f"{name}.npy", EPOCH), member.getvalue())
    return archive.getvalue()
