"""Small data sets, small networks and short runs for tests of training."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.batches import Rows
from engine.network import Network
from engine.spec import DenseSpec, DropoutSpec, LayerSpec, TrainingSpec
from engine.training.events import EpochEnd
from engine.training.loop import train
from engine.training.state import Best, TrainingState, initialize_training


def moons(rows: int = 300, seed: int = 0, noise: float = 0.15) -> Rows:
    """Return two interleaved half circles."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows)
    angle = rng.random(rows) * np.pi
    x = np.stack([np.cos(angle) + y - 0.5, np.where(y, -1, 1) * np.sin(angle) + 0.5 * y - 0.25], axis=1)
    return Rows((x + noise * rng.standard_normal(x.shape)).astype(np.float32), y)


def line(rows: int = 200, seed: int = 0) -> Rows:
    """Return a linear relation with little noise."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 3)).astype(np.float32)
    return Rows(x, x @ np.array([1.0, -2.0, 0.5]) + 0.01 * rng.standard_normal(rows))


def classifier(*layers: LayerSpec, inputs: int = 2, classes: int = 2) -> Network:
    """Return a classification network in float32."""
    return Network(layers, inputs=inputs, outputs=classes, loss="softmax_cross_entropy", precision="float32")


def regressor(*layers: LayerSpec, inputs: int = 3) -> Network:
    """Return a regression network for one number in float32."""
    return Network(layers, inputs=inputs, outputs=1, loss="mean_squared_error", precision="float32")


def small() -> Network:
    """Return two dense layers with dropout between them."""
    return classifier(DenseSpec(units=8), DropoutSpec(rate=0.2), DenseSpec(units=5, activation="tanh"))


def exact(*layers: LayerSpec) -> Network:
    """Return a network for two classes in float64, by default with two tanh layers."""
    layers = layers or (DenseSpec(units=5, activation="tanh"), DenseSpec(units=4, activation="tanh"))
    return Network(layers, inputs=2, outputs=2, loss="softmax_cross_entropy", precision="float64")


def run(
    network: Network, spec: TrainingSpec, rows: Rows, validation: Rows | None = None
) -> tuple[TrainingState, list[Any]]:
    """Train to the end; return state and events."""
    state = initialize_training(network, spec, rows)
    return state, list(train(network, state, spec, rows, validation))


def final(events: Iterator[Any]) -> Any:
    """Return the last event."""
    *_, last = events
    return last


def best(state: TrainingState) -> Best:
    """Return the best epoch. There must be one."""
    assert state.best
    return state.best


def epochs(events: list[Any]) -> list[dict[str, float]]:
    """Return the metrics of each epoch."""
    return [event.metrics for event in events if isinstance(event, EpochEnd)]


def spec(**fields: Any) -> TrainingSpec:
    """Return the spec of a short training, whose output layer starts with random weights."""
    return TrainingSpec(**{"epochs": 3, "batch_size": 32, "output_start": "random", **fields})
