"""A run's state as bytes and back: versioned, checksummed, exact, and nothing in it is executed.

Layout, little-endian: magic (8 bytes), version (uint32), length of the header (uint32), header (JSON), the
arrays one after the other as the header lists them, SHA-256 of all that (32 bytes).
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import asdict
from typing import Any

import numpy as np

from engine import streams
from engine.batches import Rows
from engine.memory import Array
from engine.network import Network
from engine.spec import TrainingSpec
from engine.training.schedules import Plateau
from engine.training.state import Best, Tally, TrainingState, initialize_training

MAGIC = b"BPSTATE\n"
VERSION = 3
PREFIX = struct.Struct("<8sII")
DIGEST_BYTES = 32
SCALARS = (
    "run",
    "epoch",
    "batch",
    "step",
    "loss_limit",
    "reference",
    "waited",
    "failure",
    "order",
    "sizes",
)


class CheckpointError(ValueError):
    """The bytes are no checkpoint of this run."""


def dump(state: TrainingState) -> bytes:
    """Return the state as bytes, at any event of `train`."""
    arrays = _arrays(state)
    header = {
        **{name: getattr(state, name) for name in SCALARS},
        "arrays": [[name, array.dtype.str, array.size] for name, array in arrays.items()],
        "streams": {name: streams.position(getattr(state, name)) for name in ("shuffle", "dropout")},
        "tally": asdict(state.tally),
        "plateau": asdict(state.plateau),
        "numbers": state.optimizer.scalars,
        "best": state.best and _without_parameters(state.best),
    }
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
    parts: list[bytes | memoryview] = [
        PREFIX.pack(MAGIC, VERSION, len(text)),
        text,
        *(array.data for array in arrays.values()),
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return b"".join((*parts, digest.digest()))


def load(data: bytes, network: Network, spec: TrainingSpec, rows: Rows) -> TrainingState:
    """Return the state that `dump` was given, its parameters written into `network`.

    `network`, `spec` and `rows` are made anew as they were for `start`; fields of the spec that have no effect on
    the numbers may differ.

    Raises:
        CheckpointError: the bytes are damaged, of another version, or of another run. The network may then be
            initialised, but holds nothing of the bytes.
    """
    header, body = _open(data)
    state = initialize_training(network, spec, rows)
    if header.get("run") != state.run:
        raise CheckpointError("the checkpoint belongs to another network, training spec or data set")
    try:
        _restore(state, header, _split(header["arrays"], body))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"the checkpoint's header is not valid: {error}") from error
    return state


def _arrays(state: TrainingState) -> dict[str, Array]:
    arrays = {"parameters": state.parameters.vector}
    arrays |= {f"optimizer.{name}": vector for name, vector in state.optimizer.state.items()}
    extra = {"accumulated": state.accumulated, "average": state.average}
    extra["best"] = state.best.parameters if state.best else None
    return arrays | {name: array for name, array in extra.items() if array is not None}


def _without_parameters(best: Best) -> dict[str, Any]:
    return {"epoch": best.epoch, "metric": best.metric, "value": best.value, "metrics": best.metrics}


def _open(data: bytes) -> tuple[dict[str, Any], memoryview]:
    """Check everything that can be checked without knowing the run; return the header and the arrays' bytes."""
    if len(data) < PREFIX.size + DIGEST_BYTES:
        raise CheckpointError("the checkpoint is cut short")
    content = memoryview(data)[:-DIGEST_BYTES]
    if hashlib.sha256(content).digest() != data[-DIGEST_BYTES:]:
        raise CheckpointError("the checkpoint's checksum does not match")
    magic, version, length = PREFIX.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise CheckpointError(f"not a checkpoint of version {VERSION}")
    try:
        header = json.loads(bytes(content[PREFIX.size : PREFIX.size + length]))
    except ValueError as error:
        raise CheckpointError("the checkpoint's header is not JSON") from error
    if not isinstance(header, dict):
        raise CheckpointError("the checkpoint's header is not an object")
    return header, content[PREFIX.size + length :]


def _split(listed: list[list[Any]], body: memoryview) -> dict[str, Array]:
    """Return read-only arrays over `body`, which they must fill exactly."""
    arrays, start_byte = {}, 0
    for name, kind, size in listed:
        if kind not in ("<f4", "<f8"):
            raise CheckpointError(f"array {name} has an unknown dtype")
        stop_byte = start_byte + size * np.dtype(kind).itemsize
        if not start_byte <= stop_byte <= len(body):
            raise CheckpointError(f"array {name} does not fit into the checkpoint")
        arrays[name] = np.frombuffer(body[start_byte:stop_byte], kind)
        start_byte = stop_byte
    if start_byte != len(body):
        raise CheckpointError("the checkpoint has bytes left over")
    return arrays


def _restore(state: TrainingState, header: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write header and arrays into a fresh state."""
    if header["best"]:
        state.best = Best(**header["best"], parameters=np.empty_like(state.parameters.vector))
    wanted = _arrays(state)
    if {name: (a.dtype, a.size) for name, a in wanted.items()} != {n: (a.dtype, a.size) for n, a in arrays.items()}:
        raise CheckpointError("the checkpoint's arrays are not those of this run")
    for name in SCALARS:
        setattr(state, name, header[name])
    for name in ("shuffle", "dropout"):
        streams.move_to(getattr(state, name), header["streams"][name])
    state.tally = Tally(**header["tally"])
    state.plateau = Plateau(**header["plateau"])
    state.optimizer.scalars = {name: float(header["numbers"][name]) for name in state.optimizer.scalars}
    for name, array in wanted.items():
        array[:] = arrays[name]
