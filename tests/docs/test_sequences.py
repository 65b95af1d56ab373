"""The sequence models of docs/specs/sequences.md learn what it says."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from engine.batches import Rows
from engine.layers.recurrent.recurrent import TORCH
from engine.memory import Shape
from engine.network import Network
from engine.spec import ModelSpec, TrainingSpec
from tests.support.training_runs import epochs, run

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
