"""Checkpoints load exactly, and damaged or foreign ones are rejected."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.network import Network
from engine.spec import AdamSpec, DenseSpec, LbfgsSpec, TrainingSpec
from engine.training import checkpoint
from engine.training.checkpoint import DIGEST_BYTES, PREFIX, CheckpointError, dump, load
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.training_runs import classifier, moons, small, spec

ROWS = moons(40)


def tiny() -> Network:
    return classifier(DenseSpec(units=1))


def trained(events: int = 4) -> bytes:
    """Return a checkpoint after a few events, including the end of an epoch."""
    network = tiny()
    state = initialize_training(network, spec(), ROWS)
    run = train(network, state, spec(), ROWS)
    for _ in range(events):
        next(run)
    return dump(state)


def forged(**changes: Any) -> bytes:
    """Return a checkpoint with other header fields and a valid checksum."""
    data = trained()
    _, _, length = PREFIX.unpack_from(data)
    header = json.loads(data[PREFIX.size : PREFIX.size + length]) | changes
    text = json.dumps(header).encode()
    content = PREFIX.pack(checkpoint.MAGIC, checkpoint.VERSION, len(text)) + text
    content += data[PREFIX.size + length : -DIGEST_BYTES]
    return content + hashlib.sha256(content).digest()


def test_dumping_a_loaded_checkpoint_gives_the_same_bytes() -> None:
    data = trained()
    assert dump(load(data, tiny(), spec(), ROWS)) == data


def test_every_flipped_bit_is_detected() -> None:
    data, network = trained(), tiny()
    for index in range(len(data)):
        broken = bytearray(data)
        broken[index] ^= 1 << index % 8
        with pytest.raises(CheckpointError):
            load(bytes(broken), network, spec(), ROWS)
    assert not network.parameters.vector.any()


def test_every_truncation_is_detected() -> None:
    data, network = trained(), tiny()
    for length in range(0, len(data), 7):
        with pytest.raises(CheckpointError):
            load(data[:length], network, spec(), ROWS)


ARRAYS = [["parameters", "<f4", 7], ["optimizer.m", "<f4", 7], ["optimizer.v", "<f4", 7], ["best", "<f4", 7]]


def test_an_unchanged_header_with_a_new_checksum_loads() -> None:
    assert load(forged(arrays=ARRAYS), tiny(), spec(), ROWS).epoch == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"arrays": [["parameters", "<f4", 10**12]]},
        {"arrays": [["parameters", "|O", 7]]},
        {"arrays": [["parameters", "<f4", -7], *ARRAYS]},
        {"arrays": ARRAYS[:3]},
        {"arrays": [["other", "<f4", 7], *ARRAYS[1:]]},
        {"arrays": [["parameters", "<f8", 7], ["optimizer.m", "<f8", 7]]},
        {"arrays": None},
        {"streams": {}},
        {"streams": {"shuffle": {"state": "x"}, "dropout": {}}},
        {"tally": {"loss": 1.0, "unknown": 2}},
        {"plateau": {"factor": 1.0, "unknown": 2}},
        {"plateau": None},
        {"best": {"epoch": 1}},
        {"run": "another"},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
def test_an_invalid_header_with_a_valid_checksum_is_rejected(changes: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError):
        load(forged(**changes), tiny(), spec(), ROWS)


@pytest.mark.parametrize(
    ("network", "training", "rows"),
    [
        (small(), spec(), ROWS),
        (tiny(), spec(seed=1), ROWS),
        (tiny(), spec(optimizer=AdamSpec(beta1=0.8)), ROWS),
        (tiny(), spec(), moons(41)),
    ],
    ids=["network", "seed", "optimizer", "rows"],
)
def test_a_checkpoint_of_another_run_is_rejected(network: Network, training: TrainingSpec, rows: Rows) -> None:
    with pytest.raises(CheckpointError, match="another"):
        load(trained(), network, training, rows)


def test_checkpoint_interval_and_runtime_limit_may_change() -> None:
    training = spec(checkpoint_every_seconds=99, max_runtime_seconds=5)
    assert load(trained(), tiny(), training, ROWS).epoch == 1


def test_extra_bytes_with_a_valid_checksum_are_rejected() -> None:
    content = trained()[:-DIGEST_BYTES] + bytes(4)
    with pytest.raises(CheckpointError, match="extra bytes"):
        load(content + hashlib.sha256(content).digest(), tiny(), spec(), ROWS)


def test_half_precision_arrays_are_rejected() -> None:
    with pytest.raises(CheckpointError, match="dtype"):
        load(forged(arrays=[["parameters", np.dtype("f2").str, 7]]), tiny(), spec(), ROWS)


def test_missing_or_invalid_line_search_scalars_are_rejected() -> None:
    settings = spec(optimizer=LbfgsSpec(history=1))
    network = tiny()
    data = dump(initialize_training(network, settings, ROWS))
    _, _, length = PREFIX.unpack_from(data)
    header = json.loads(data[PREFIX.size : PREFIX.size + length])
    assert set(header["numbers"]) >= {"loss", "length"}
    for numbers in ({}, None, {**header["numbers"], "loss": "none"}, {**header["numbers"], "loss": None}):
        text = json.dumps(header | {"numbers": numbers}).encode()
        content = PREFIX.pack(checkpoint.MAGIC, checkpoint.VERSION, len(text)) + text
        content += data[PREFIX.size + length : -DIGEST_BYTES]
        with pytest.raises(CheckpointError):
            load(content + hashlib.sha256(content).digest(), tiny(), settings, ROWS)
