"""What is counted before a run is what the run then takes."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.shapes import count
from engine.spec import (
    ActivationName,
    AdagradSpec,
    AdamSpec,
    AdamWSpec,
    AveragingSpec,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
    LbfgsSpec,
    LionSpec,
    OptimizerSpec,
    RmsPropSpec,
    SgdSpec,
)
from engine.training import checkpoint
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.training_runs import best, classifier, spec

ACTIVATIONS: tuple[ActivationName, ...] = (
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "tanh",
    "sigmoid",
    "softplus",
)
WIDE: list[LayerSpec] = [
    DropoutSpec(rate=0.1),
    *(DenseSpec(units=64, activation=name) for name in ACTIVATIONS),
    DropoutSpec(rate=0.5),
]


def noise(rows: int, inputs: int = 20) -> Rows:
    rng = np.random.default_rng(0)
    return Rows(rng.standard_normal((rows, inputs)).astype(np.float32), rng.integers(0, 2, rows))


def test_parameters_and_operations_are_counted_by_hand() -> None:
    counts = count([DenseSpec(units=4)], 3, 2, 1, "float32", AdamSpec())
    assert counts.parameters == 3 * 4 + 4 + 4 * 2 + 2
    assert [layer.parameters for layer in counts.layers] == [16, 0, 10]
    assert counts.flops_forward == (2 * 12 + 4) + 4 + (2 * 8 + 2)
    assert counts.flops_backward == (2 * 12 + 4) + 2 * 4 + (2 * 2 * 8 + 2)


@pytest.mark.parametrize("batch_size", [8, 700])
@pytest.mark.parametrize("optimizer", [SgdSpec(), SgdSpec(momentum=0.5), AdamSpec(), AdamWSpec()])
def test_the_bytes_counted_are_the_bytes_allocated(optimizer: OptimizerSpec, batch_size: int) -> None:
    counts = count(WIDE, 20, 2, batch_size, "float32", optimizer)
    network, rows = classifier(*WIDE, inputs=20), noise(800)
    settings = spec(epochs=1, batch_size=batch_size, optimizer=optimizer)
    state = initialize_training(network, settings, rows)
    list(train(network, state, settings, rows))
    data = checkpoint.dump(state)
    assert 0 < len(data) - counts.checkpoint_bytes < 4_096
    assert network.arena.bytes + best(state).parameters.nbytes == counts.bytes - counts.checkpoint_bytes


@pytest.mark.parametrize(
    "fields",
    [
        {"optimizer": RmsPropSpec(momentum=0.9)},
        {"optimizer": AdagradSpec(), "accumulate": 3},
        {"optimizer": LionSpec(), "averaging": AveragingSpec()},
        {"optimizer": LbfgsSpec(history=4)},
        {"optimizer": AdamSpec(), "accumulate": 2, "averaging": AveragingSpec()},
    ],
    ids=str,
)
def test_what_updates_need_is_counted_too(fields: dict[str, Any]) -> None:
    counts = count(WIDE, 20, 2, 100, "float32", **fields)
    network, rows, settings = classifier(*WIDE, inputs=20), noise(300), spec(epochs=1, batch_size=100, **fields)
    state = initialize_training(network, settings, rows)
    list(train(network, state, settings, rows))
    assert 0 < len(checkpoint.dump(state)) - counts.checkpoint_bytes < 4_096
    assert network.arena.bytes + best(state).parameters.nbytes == counts.bytes - counts.checkpoint_bytes


def test_the_operating_system_sees_the_same_bytes() -> None:
    rows = noise(10)
    tracemalloc.start()
    network = classifier(*WIDE, inputs=20)
    state = initialize_training(network, spec(batch_size=10), rows)
    found = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert state.step == 0
    assert network.arena.bytes <= found <= 1.1 * network.arena.bytes


def test_counting_the_largest_network_takes_no_memory() -> None:
    tracemalloc.start()
    counts = count([DenseSpec(units=8_192)] * 64, 4_096, 1_000, 65_536, "float64", AdamSpec())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts.bytes > 10**12
    assert peak < 2_000_000


def test_a_step_in_steady_state_allocates_nothing_that_grows_with_the_batch() -> None:
    peaks = []
    for batch_size in (256, 8_192):
        network, rows = classifier(*WIDE, inputs=20), noise(3 * batch_size)
        settings = spec(epochs=3, batch_size=batch_size, clip_norm=1.0)
        events = train(network, initialize_training(network, settings, rows), settings, rows)
        for _ in range(3 + 1 + 1):  # an epoch, its end, and the gather of the next
            next(events)
        tracemalloc.start()
        next(events)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    row_bytes = 64 * 4
    assert peaks[1] - peaks[0] < 256 * row_bytes
