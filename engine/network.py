"""A network: built from a spec, run forward and backward, exchanged with PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.layers.build import build
from engine.losses import LOSSES
from engine.memory import Arena, Array
from engine.parameters import Parameters
from engine.spec import LayerSpec, LossName, Precision

BLOCK_ROWS = 256  # rows predicted at a time: enough for full speed, few enough for the cache


class StateMismatch(ValueError):
    """The weights do not fit the network."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Network:
    """Layers from `inputs` numbers per row to `outputs` logits, with the loss they are trained by.

    Working memory belongs to the network: use it from one thread at a time. Weights are zeros until
    `initialize` or `load_torch_state`.
    """

    def __init__(  # noqa: PLR0913 - a network is these five things
        self,
        layers: Sequence[LayerSpec],
        *,
        inputs: int,
        outputs: int,
        loss: LossName,
        precision: Precision,
        arena: Arena | None = None,
    ) -> None:
        self.specs = tuple(layers)
        self.inputs, self.outputs, self.precision = inputs, outputs, precision
        self.arena = arena or Arena()
        self.dtype = np.dtype(precision)
        self.layers = build(layers, inputs, outputs)
        self.learners = [index for index, layer in enumerate(self.layers) if layer.parameter_shapes()]
        self.loss = LOSSES[loss](outputs)
        shapes = {
            f"{index}.{name}": shape
            for index, layer in enumerate(self.layers)
            for name, shape in layer.parameter_shapes().items()
        }
        self.parameters = Parameters(shapes, self.dtype, self.arena)
        self.initialized = False
        self._capacity = self._rows = 0
        self._bind(None)

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw initial weights, layer by layer from the input on."""
        for layer in self.layers:
            layer.initialize(rng)
        self.initialized = True

    def allocate(self, capacity: int, *, training: bool) -> None:
        """Take working memory for up to `capacity` rows at a time, and for gradients when `training`."""
        if training:
            self._bind(self.parameters.allocate_gradients(self.arena))
        for part in (*self.layers, self.loss):
            part.allocate(self.arena, capacity, self.dtype, training=training)
        self._capacity, self._rows = capacity, 0

    def forward(self, x: Array, dropout: np.random.Generator | None = None) -> Array:
        """Return the logits (rows, outputs) for `x: (rows, inputs)`, C-contiguous, of the network's dtype.

        The result is working memory, overwritten by the next call. `dropout` is the stream of masks
        while training.
        """
        if len(x) != self._rows:
            self._resize(len(x))
        for layer in self.layers:
            x = layer.forward(x, dropout)
        return x

    def backpropagate(self, x: Array, targets: Array, shares: Array, dropout: np.random.Generator) -> float:
        """Return the batch's mean loss and write its gradient.

        `targets` as `loss.as_targets` makes them; `shares: (rows,)` as `Batches` gives them.
        """
        dy = self.forward(x, dropout)
        loss = self.loss(dy, targets, shares)
        for layer in self.layers[: self.learners[0] - len(self.layers) - 1 : -1]:
            dy = layer.backward(dy)
        return loss

    def predict(self, x: Array) -> Array:
        """Return probabilities or values (rows, outputs) for any number of rows, without dropout.

        Rows go through in blocks of BLOCK_ROWS; the same rows in the same order give the same bits,
        another grouping may differ in the last ones.
        """
        x = np.ascontiguousarray(x, self.dtype)
        if not self._capacity:
            self.allocate(BLOCK_ROWS, training=False)
        result = np.empty((len(x), self.outputs), self.dtype)
        with np.errstate(all="ignore"):
            for start in range(0, len(x), BLOCK_ROWS):
                logits = self.forward(x[start : start + BLOCK_ROWS])
                result[start : start + BLOCK_ROWS] = self.loss.activate(logits)
        return result

    def torch_state(self) -> dict[str, Array]:
        """Return copies of all parameters as torch.nn.Sequential names and shapes them, in its order."""
        values = self.parameters.values
        names = sorted(values, key=lambda name: (int(name.partition(".")[0]), name.endswith("bias")))
        return {name: values[name].copy() for name in names}

    def load_torch_state(self, state: Mapping[str, Array]) -> None:
        """Take over all parameters from arrays named and shaped as `torch_state` gives them.

        Raises:
            StateMismatch: names, shapes or values do not fit; lists every problem, changes nothing.
        """
        values = self.parameters.values
        problems = [f"{name} is missing" for name in values if name not in state]
        problems += [f"{name} is not a parameter of this network" for name in state if name not in values]
        for name in values.keys() & state.keys():
            problems += _misfit(name, state[name], values[name])
        if problems:
            raise StateMismatch(sorted(problems))
        for name, value in values.items():
            value[...] = state[name]
        self.initialized = True

    def torch_code(self) -> str:
        """Return the expression that makes the same network in PyTorch, up to the logits."""
        return f"torch.nn.Sequential({', '.join(layer.torch_code() for layer in self.layers)})"

    def _bind(self, gradients: dict[str, Array] | None) -> None:
        for index in self.learners:
            layer = self.layers[index]
            names = {name: f"{index}.{name}" for name in layer.parameter_shapes()}
            layer.bind(
                {name: self.parameters.values[full] for name, full in names.items()},
                gradients and {name: gradients[full] for name, full in names.items()},
            )

    def _resize(self, rows: int) -> None:
        if rows > self._capacity:
            raise ValueError(f"{rows} rows exceed the working memory for {self._capacity}")
        for part in (*self.layers, self.loss):
            part.resize(rows)
        self._rows = rows


def _misfit(name: str, given: Array, wanted: Array) -> list[str]:
    if given.shape != wanted.shape:
        return [f"{name} has shape {given.shape}, not {wanted.shape}"]
    if given.dtype.kind != "f":
        return [f"{name} has dtype {given.dtype}, not a floating-point one"]
    with np.errstate(over="ignore"):
        finite = np.isfinite(given.astype(wanted.dtype)).all()
    return [] if finite else [f"{name} has values that are not finite in {wanted.dtype}"]
