"""The estimated cost of a run is what training allocates and computes."""

import tracemalloc
from typing import Any, get_args

import numpy as np
import pytest

from engine.batches import Rows
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
from tests.support.costs import cost_of
from tests.support.training_runs import best, classifier, spec

ACTIVATIONS: tuple[ActivationName, ...] = get_args(ActivationName)
WIDE: list[LayerSpec] = [
    DropoutSpec(rate=0.1),
    *(DenseSpec(units=64, activation=name) for name in ACTIVATIONS),
    DropoutSpec(rate=0.5),
]


def noise(rows: int, inputs: int = 20) -> Rows:
    rng = np.random.default_rng(0)
    return Rows(rng.standard_normal((rows, inputs)).astype(np.float32), rng.integers(0, 2, rows))


def test_parameters_and_operations_match_a_count_by_hand() -> None:
    cost = cost_of([DenseSpec(units=4)], 3, 2, spec())
    assert cost.parameters == 3 * 4 + 4 + 4 * 2 + 2
    assert [layer.parameters for layer in cost.layers] == [16, 0, 10]
    assert cost.flops_forward == (2 * 12 + 4) + 4 + (2 * 8 + 2)
    assert cost.flops_backward == (2 * 12 + 4) + 2 * 4 + (2 * 2 * 8 + 2)


@pytest.mark.parametrize("batch_size", [8, 700])
@pytest.mark.parametrize("optimizer", [SgdSpec(), SgdSpec(momentum=0.5), AdamSpec(), AdamWSpec()])
def test_the_estimated_bytes_are_the_bytes_allocated(optimizer: OptimizerSpec, batch_size: int) -> None:
    settings = spec(epochs=1, batch_size=batch_size, optimizer=optimizer)
    cost = cost_of(WIDE, 20, 2, settings)
    network, rows = classifier(*WIDE, inputs=20), noise(800)
    state = initialize_training(network, settings, rows)
    list(train(network, state, settings, rows))
    data = checkpoint.dump(state)
    assert 0 < len(data) - cost.checkpoint_bytes < 4_096
    assert network.arena.bytes + best(state).parameters.nbytes == cost.bytes - cost.checkpoint_bytes


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
def test_the_estimate_includes_memory_for_updates(fields: dict[str, Any]) -> None:
    network, rows, settings = classifier(*WIDE, inputs=20), noise(300), spec(epochs=1, batch_size=100, **fields)
    cost = cost_of(WIDE, 20, 2, settings)
    state = initialize_training(network, settings, rows)
    list(train(network, state, settings, rows))
    assert 0 < len(checkpoint.dump(state)) - cost.checkpoint_bytes < 4_096
    assert network.arena.bytes + best(state).parameters.nbytes == cost.bytes - cost.checkpoint_bytes


def test_the_interpreter_allocates_the_bytes_that_the_arena_counts() -> None:
    rows = noise(10)
    tracemalloc.start()
    network = classifier(*WIDE, inputs=20)
    state = initialize_training(network, spec(batch_size=10), rows)
    found = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert state.step == 0
    assert network.arena.bytes <= found <= 1.1 * network.arena.bytes


def test_estimating_the_largest_network_takes_no_memory() -> None:
    tracemalloc.start()
    cost = cost_of([DenseSpec(units=8_192)] * 64, 4_096, 1_000, spec(batch_size=65_536, precision="float64"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert cost.bytes > 10**12
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
