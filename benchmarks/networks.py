"""The benchmark networks, their rows, and goals relative to other libraries."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from engine.batches import Rows
from engine.network import Network
from engine.spec import (
    AttentionSpec,
    Conv2dSpec,
    DenseSpec,
    FlattenSpec,
    GlobalPoolSpec,
    GruSpec,
    LayerNormSpec,
    LayerSpec,
    LstmSpec,
    MaxPoolSpec,
    ReshapeSpec,
    ResidualSpec,
)


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A classifier on flat rows.

    Goals for torch and sklearn: their time divided by the engine's, at least. For jax and products: the engine's time
    divided by theirs, at most.
    """

    name: str
    layers: tuple[LayerSpec, ...]
    inputs: int
    outputs: int
    batch: int
    goals: dict[str, float] = field(default_factory=dict)
    widths: tuple[int, ...] = ()  # of a multilayer perceptron

    def network(self) -> Network:
        """Return the network, in float32."""
        return Network(
            self.layers,
            inputs=self.inputs,
            outputs=self.outputs,
            loss="softmax_cross_entropy",
            precision="float32",
        )

    def rows(self) -> Rows:
        """Return random rows for 20 batches, or 4 large ones."""
        rng = np.random.default_rng(0)
        rows = self.batch * (20 if self.batch < 512 else 4)
        x = rng.standard_normal((rows, self.inputs), dtype=np.float32)
        return Rows(x, rng.integers(0, self.outputs, rows))


def perceptron(widths: tuple[int, ...], batch: int, **goals: float) -> Timed:
    """Return a multilayer perceptron with ReLU."""
    return Timed(
        name="-".join(map(str, widths)),
        layers=tuple(DenseSpec(units=units) for units in widths[1:-1]),
        inputs=widths[0],
        outputs=widths[-1],
        batch=batch,
        goals=goals,
        widths=widths,
    )


def over_time(name: str, *layers: LayerSpec, time: int, features: int, **goals: float) -> Timed:
    """Return a network for sequences with a batch size of 32."""
    shape = ReshapeSpec(shape=[time, features])
    return Timed(name=name, layers=(shape, *layers), inputs=time * features, outputs=10, batch=32, goals=goals)


LENET = (
    ReshapeSpec(shape=[1, 28, 28]),
    Conv2dSpec(channels=6, kernel=5, padding=2),
    MaxPoolSpec(),
    Conv2dSpec(channels=16, kernel=5),
    MaxPoolSpec(),
    FlattenSpec(),
    DenseSpec(units=120),
    DenseSpec(units=84),
)
TRANSFORMER = (
    ResidualSpec(layers=(LayerNormSpec(), AttentionSpec(heads=4))),
    ResidualSpec(layers=(LayerNormSpec(), DenseSpec(units=128), DenseSpec(units=64, activation="linear"))),
    GlobalPoolSpec(),
)
NETWORKS = [
    perceptron((30, 64, 32, 2), 32, torch=6, sklearn=5, jax=2.2),
    perceptron((100, 256, 128, 10), 64, torch=1.6, sklearn=2.2, jax=1.4),
    perceptron((784, 100, 10), 32, torch=1.7, sklearn=2.5, jax=1.3),
    perceptron((784, 100, 10), 128, torch=1.4, sklearn=1.9, jax=1.0),
    perceptron((784, 512, 512, 10), 128, torch=1.03, sklearn=1.5, jax=1.15),
    perceptron((1024, 2048, 2048, 1000), 512, torch=1.0, jax=1.02, products=1.03),
    Timed(name="LeNet, 28x28", layers=LENET, inputs=784, outputs=10, batch=64, goals={"torch": 0.5}),
    over_time("LSTM 64, 50 steps", LstmSpec(units=64), time=50, features=32, torch=1.0),
    over_time("GRU 64, 50 steps", GruSpec(units=64), time=50, features=32),
    over_time("transformer 64, 32 steps", *TRANSFORMER, time=32, features=64),
]


def products_of(widths: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return inputs and outputs of each layer of a perceptron."""
    return list(pairwise(widths))
