"""Checkpoints are refused when anything about them is not right."""

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
    """The bytes of a run after a few events, one epoch among them."""
    network = tiny()
    state = initialize_training(network, spec(), ROWS)
    run = train(network, state, spec(), ROWS)
    for _ in range(events):
        next(run)
    return dump(state)


def forged(**changes: Any) -> bytes:
    """Return a checkpoint with other header fields and a right checksum."""
    data = trained()
    _, _, length = PREFIX.unpack_from(data)
    header = json.loads(data[PREFIX.size : PREFIX.size + length]) | changes
    text = json.dumps(header).encode()
    content = PREFIX.pack(checkpoint.MAGIC, checkpoint.VERSION, len(text)) + text
    content += data[PREFIX.size + length : -DIGEST_BYTES]
    return content + hashlib.sha256(content).digest()


def test_a_dump_of_what_was_loaded_is_the_same_bytes() -> None:
    data = trained()
    assert dump(load(data, tiny(), spec(), ROWS)) == data


def test_every_flipped_byte_is_found() -> None:
    data, network = trained(), tiny()
    for index in range(len(data)):
        broken = bytearray(data)
        broken[index] ^= 1 << index % 8
        with pytest.raises(CheckpointError):
            load(bytes(broken), network, spec(), ROWS)
    assert not network.parameters.vector.any()


def test_every_cut_is_found() -> None:
    data, network = trained(), tiny()
    for length in range(0, len(data), 7):
        with pytest.raises(CheckpointError):
            load(data[:length], network, spec(), ROWS)


ARRAYS = [["parameters", "<f4", 7], ["optimizer.m", "<f4", 7], ["optimizer.v", "<f4", 7], ["best", "<f4", 7]]


def test_the_forger_of_these_tests_can_make_a_good_one() -> None:
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
def test_a_forged_header_with_a_right_checksum_is_refused(changes: dict[str, Any]) -> None:
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
def test_a_checkpoint_of_another_run_is_refused(network: Network, training: TrainingSpec, rows: Rows) -> None:
    with pytest.raises(CheckpointError, match="another"):
        load(trained(), network, training, rows)


def test_how_often_to_save_and_how_long_to_run_may_change() -> None:
    training = spec(checkpoint_every_seconds=99, max_runtime_seconds=5)
    assert load(trained(), tiny(), training, ROWS).epoch == 1


def test_bytes_left_over_are_refused_though_the_checksum_is_right() -> None:
    content = trained()[:-DIGEST_BYTES] + bytes(4)
    with pytest.raises(CheckpointError, match="extra bytes"):
        load(content + hashlib.sha256(content).digest(), tiny(), spec(), ROWS)


def test_half_precision_arrays_are_unknown() -> None:
    with pytest.raises(CheckpointError, match="dtype"):
        load(forged(arrays=[["parameters", np.dtype("f2").str, 7]]), tiny(), spec(), ROWS)


def test_numbers_of_a_line_search_that_are_missing_or_none_are_refused() -> None:
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
