"""The sequence models of docs/specs/sequences.md learn what it says, and can be stopped, resumed and counted."""

import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import checkpoint
from engine.layers.recurrent import TORCH
from engine.memory import Shape
from engine.network import Network
from engine.shapes import count
from engine.spec import (
    AttentionSpec,
    EmbeddingSpec,
    GruSpec,
    LayerSpec,
    LstmSpec,
    ModelSpec,
    PositionsSpec,
    TrainingSpec,
)
from engine.training import Heartbeat, Rows, start, train
from tests.engine.runs import epochs, run, spec

PAGE = (Path(__file__).parents[2] / "docs" / "specs" / "sequences.md").read_text()
FORECAST, SORTING = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
TIME = 24


def build(example: dict[str, Any], inputs: int, outputs: int | Shape) -> tuple[Network, TrainingSpec]:
    training = TrainingSpec.model_validate_json(json.dumps(example["training"]))
    layers = ModelSpec.model_validate_json(json.dumps(example["model"])).layers
    assert training.loss != "auto"
    return Network(layers, inputs=inputs, outputs=outputs, loss=training.loss, precision="float32"), training


def waves(rows: int, seed: int) -> Rows:
    """Sines of unknown frequency and phase, and what comes next."""
    rng = np.random.default_rng(seed)
    phases, frequencies = rng.random((rows, 1)) * 2 * np.pi, rng.uniform(0.2, 0.6, (rows, 1))
    values = np.sin(phases + frequencies * np.arange(TIME + 1))
    return Rows(values[:, :-1].astype(np.float32), values[:, -1])


def digits(rows: int, seed: int) -> Rows:
    """Six digits, and the same in order."""
    x = np.random.default_rng(seed).integers(0, 10, (rows, 6))
    return Rows(x.astype(np.float32), np.sort(x, axis=1))


def test_an_lstm_forecasts_sine_waves() -> None:
    network, training = build(FORECAST, TIME, 1)
    _, events = run(network, training, waves(1_000, 0), waves(300, 1))
    assert epochs(events)[-1]["val_r2"] > 0.999


def test_a_transformer_sorts_digits() -> None:
    network, training = build(SORTING, 6, (6, 10))
    unseen = digits(500, 1)
    run(network, training, digits(3_000, 0))
    right = network.predict(unseen.x).argmax(axis=-1) == unseen.y
    assert right.all(axis=1).mean() > 0.97


def test_the_page_shows_the_class_that_pytorch_is_told_of() -> None:
    assert TORCH.format(name="LSTM").rstrip() in PAGE


LAYERS: dict[str, list[LayerSpec]] = {
    "lstm": [LstmSpec(units=3, direction="bidirectional", output="sequence"), LstmSpec(units=4)],
    "gru": [GruSpec(units=3, direction="backward", output="sequence"), GruSpec(units=4)],
    "attention": [PositionsSpec(kind="learned"), AttentionSpec(heads=2, causal=True)],
    "waves": [PositionsSpec(), AttentionSpec()],
}


def network_of(name: str) -> Network:
    layers = [EmbeddingSpec(vocabulary=10, units=4), *LAYERS[name]]
    return Network(layers, inputs=6, outputs=2, loss="softmax_cross_entropy", precision="float32")


def rows_of(rows: int) -> Rows:
    x = np.random.default_rng(0).integers(0, 10, (rows, 6))
    return Rows(x.astype(np.float32), (x[:, 0] < x[:, -1]).astype(np.int64))


@pytest.mark.parametrize("name", LAYERS)
def test_resuming_after_any_batch_gives_the_same_bits(name: str) -> None:
    rows, training = rows_of(40), spec(epochs=2, batch_size=16)
    network = network_of(name)
    state = start(network, training, rows)
    dumps = [checkpoint.dump(state) for event in train(network, state, training, rows) if isinstance(event, Heartbeat)]
    assert len(dumps) == 2 * 3
    for data in dumps:
        other = network_of(name)
        list(train(other, checkpoint.load(data, other, training, rows), training, rows))
        assert other.parameters.vector.tobytes() == network.parameters.vector.tobytes()


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_counted_is_what_is_allocated(name: str) -> None:
    training = spec(batch_size=300)
    network = network_of(name)
    counts = count(network.specs, 6, 2, 300, "float32", training.optimizer)
    state = start(network, training, rows_of(600))
    assert state.step == 0
    assert counts.parameters == network.parameters.size
    assert counts.bytes - counts.checkpoint_bytes - network.parameters.vector.nbytes == network.arena.bytes


@pytest.mark.parametrize("name", LAYERS)
def test_a_step_allocates_nothing_that_grows_with_the_batch(name: str) -> None:
    peaks = []
    for batch_size in (2_048, 8_192):  # both beyond NumPy's own buffers of 8,192 numbers
        network, rows = network_of(name), rows_of(batch_size)
        network.initialize(np.random.default_rng(0))
        network.allocate(batch_size, training=True)
        shares = np.full(batch_size, 1 / batch_size, np.float32)
        network.backpropagate(rows.x, rows.y, shares, np.random.default_rng(0))
        tracemalloc.start()
        network.backpropagate(rows.x, rows.y, shares, np.random.default_rng(0))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4_096
