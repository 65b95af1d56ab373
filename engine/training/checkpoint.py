"""Write and read checkpoints: a run's state as bytes, versioned, checksummed and exact.

Layout, little-endian: magic (8 bytes), version (uint32), length of the header (uint32), header (JSON), the arrays in
the order that the header lists, SHA-256 of everything before it (32 bytes). Loading executes nothing in it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from engine import streams
from engine.batches import Rows
from engine.memory import Array
from engine.network import Network
from engine.spec import TrainingSpec
from engine.training.schedules import PlateauState
from engine.training.state import Best, EpochTotals, Member, TrainingState, initialize_training

MAGIC = b"BPSTATE\n"
VERSION = 3
PREFIX = struct.Struct("<8sII")
DIGEST_BYTES = 32

# Field of the header -> attribute. Version 3 fixes the fields, so attributes can be renamed but fields cannot. The
# members of a run are its "folds" there.
STATE_FIELDS = {
    "run": "run_digest",
    "epoch": "epoch",
    "batch": "batch",
    "step": "step",
    "loss_limit": "loss_limit",
    "reference": "improvement_reference",
    "waited": "epochs_without_improvement",
    "failure": "failure",
    "order": "shuffle_start",
    "sizes": "update_sizes",
}
PLATEAU_FIELDS = {
    "factor": "factor",
    "reference": "reference",
    "waited": "epochs_without_improvement",
    "resting": "cooldown_left",  # stored checkpoints have this key
}
STREAMS = ("shuffle", "dropout")


class CheckpointError(ValueError):
    """The bytes are not a checkpoint of this run."""


def dump(state: TrainingState) -> bytes:
    """Return the state as bytes. Works at any event of `train`."""
    arrays = _arrays(state)
    header = _header(state) | {"arrays": [[name, array.dtype.str, array.size] for name, array in arrays.items()]}
    if state.members:
        header["folds"] = [_header(member) for member in state.members]
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


def _header(state: TrainingState) -> dict[str, Any]:
    """Return what the state of one network has besides arrays."""
    return {
        **{field: getattr(state, attribute) for field, attribute in STATE_FIELDS.items()},
        "streams": {name: streams.position(getattr(state, name)) for name in STREAMS},
        "tally": asdict(state.totals),
        "plateau": {field: getattr(state.plateau, attribute) for field, attribute in PLATEAU_FIELDS.items()},
        "numbers": state.optimizer.scalars,
        "best": state.best and _without_parameters(state.best),
    }


def load(
    data: bytes, network: Network, spec: TrainingSpec, rows: Rows, members: Sequence[Member] = ()
) -> TrainingState:
    """Return the dumped state and write its parameters into `network` and into the networks of the members.

    All arguments must be equal to those given to `initialize_training`. Only fields of the spec that do
    not affect the numbers may differ.

    Raises:
        CheckpointError: the bytes are damaged, or belong to another version or run. The network may be initialized
            then, but contains nothing from the bytes.
    """
    header, body = _open(data)
    state = initialize_training(network, spec, rows, members)
    runs = [stored.get("run") for stored in (header, *header.get("folds", ()))]
    if runs != [each.run_digest for each in (state, *state.members)]:
        raise CheckpointError("The checkpoint belongs to another network, training spec or data set.")
    try:
        _restore(state, header, _split(header["arrays"], body))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"The header of the checkpoint is not valid: {error}") from error
    return state


def _arrays(state: TrainingState) -> dict[str, Array]:
    arrays = {"parameters": state.parameters.vector}
    arrays |= {f"optimizer.{name}": vector for name, vector in state.optimizer.state.items()}
    optional = {
        "accumulated": state.accumulated_gradient,
        "average": state.averaged_parameters,
        "best": state.best.parameters if state.best else None,
    }
    arrays |= {name: array for name, array in optional.items() if array is not None}
    members = ((number, _arrays(member)) for number, member in enumerate(state.members))
    return arrays | {f"fold.{number}.{name}": array for number, each in members for name, array in each.items()}


def _without_parameters(best: Best) -> dict[str, Any]:
    return {"epoch": best.epoch, "metric": best.metric, "value": best.value, "metrics": best.metrics}


def _open(data: bytes) -> tuple[dict[str, Any], memoryview]:
    """Check what can be checked without the run. Return the header and the bytes of the arrays."""
    if len(data) < PREFIX.size + DIGEST_BYTES:
        raise CheckpointError("The checkpoint is truncated.")
    content = memoryview(data)[:-DIGEST_BYTES]
    if hashlib.sha256(content).digest() != data[-DIGEST_BYTES:]:
        raise CheckpointError("The checksum of the checkpoint does not match.")
    magic, version, length = PREFIX.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise CheckpointError(f"The bytes are not a checkpoint of version {VERSION}.")
    try:
        header = json.loads(bytes(content[PREFIX.size : PREFIX.size + length]))
    except ValueError as error:
        raise CheckpointError("The header of the checkpoint is not JSON.") from error
    if not isinstance(header, dict):
        raise CheckpointError("The header of the checkpoint is not an object.")
    return header, content[PREFIX.size + length :]


def _split(listed: list[list[Any]], body: memoryview) -> dict[str, Array]:
    """Return read-only arrays over `body`. They must fill it exactly."""
    arrays, start = {}, 0
    for name, dtype, size in listed:
        if dtype not in ("<f4", "<f8"):
            raise CheckpointError(f"Array {name} has the unknown dtype {dtype}.")
        stop = start + size * np.dtype(dtype).itemsize
        if not start <= stop <= len(body):
            raise CheckpointError(f"Array {name} exceeds the checkpoint.")
        arrays[name] = np.frombuffer(body[start:stop], dtype)
        start = stop
    if start != len(body):
        raise CheckpointError(f"The checkpoint has {len(body) - start} extra bytes.")
    return arrays


def _restore(state: TrainingState, header: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write header and arrays into a new state."""
    parts = [(state, header), *zip(state.members, header.get("folds", ()), strict=True)]
    for part, stored in parts:
        if stored["best"]:
            part.best = Best(**stored["best"], parameters=np.empty_like(part.parameters.vector))
    expected = _arrays(state)
    if {name: (a.dtype, a.size) for name, a in expected.items()} != {n: (a.dtype, a.size) for n, a in arrays.items()}:
        raise CheckpointError("The arrays of the checkpoint do not match this run.")
    for part, stored in parts:
        _restore_fields(part, stored)
    for name, array in expected.items():
        array[:] = arrays[name]


def _restore_fields(state: TrainingState, header: dict[str, Any]) -> None:
    """Write what a state has besides arrays."""
    for field, attribute in STATE_FIELDS.items():
        setattr(state, attribute, header[field])
    for name in STREAMS:
        streams.move_to(getattr(state, name), header["streams"][name])
    state.totals = EpochTotals(**header["tally"])
    state.plateau = PlateauState(**{name: header["plateau"][field] for field, name in PLATEAU_FIELDS.items()})
    state.optimizer.scalars = {name: float(header["numbers"][name]) for name in state.optimizer.scalars}
