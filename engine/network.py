"""A network: built from a spec, run forward and backward, exchanged with PyTorch."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from engine import initializers
from engine.layers.build import build
from engine.losses import build as losses
from engine.memory import Arena, Array, Shape
from engine.parameters import Parameters
from engine.spec import InitializerName, LayerSpec, LossName, LossSpec, Precision

BLOCK_ROWS = 256  # rows predicted at a time: full speed, and they fit into the cache


class StateMismatch(ValueError):
    """The weights do not fit the network."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Network:
    """Layers from `inputs` numbers per row to `outputs` logits, with the loss for training.

    Rows are flat; a reshape layer at the front makes images or sequences of them. `outputs` may be a shape
    (time, outputs), for logits at each time step. `inputs` may be a shape to find out what the layers make of it.
    Backpropagation ends at the inputs with `input_gradient`, otherwise at the first layer with parameters.

    Working memory belongs to the network: use it from one thread at a time. Weights are zeros until `initialize` or
    `load_torch_state`.
    """

    def __init__(  # noqa: PLR0913 - a network is these things
        self,
        layers: Sequence[LayerSpec],
        *,
        inputs: int | Shape,
        outputs: int | Shape,
        loss: LossName | LossSpec,
        precision: Precision,
        arena: Arena | None = None,
        input_gradient: bool = False,
    ) -> None:
        self.specs = tuple(layers)
        input_shape = (inputs,) if isinstance(inputs, int) else inputs
        self.inputs, self.precision = math.prod(input_shape), precision
        self.output_shape = (outputs,) if isinstance(outputs, int) else tuple(outputs)
        self.outputs = math.prod(self.output_shape)
        self.arena = arena or Arena()
        self.dtype = np.dtype(precision)
        self.sequential = build(layers, input_shape, self.output_shape, input_gradient=input_gradient)
        self.layers = self.sequential.layers
        self.trainable = self.sequential.trainable
        self.loss = losses.build(loss, self.output_shape)
        self.parameters = Parameters(
            self.sequential.parameter_shapes(), self.dtype, self.arena, self.sequential.statistic_shapes()
        )
        self.initialized = False
        self.output_is_random = False  # as `initialize` leaves it
        self._capacity = self._rows = 0
        self.sequential.bind(self.parameters.values, None)

    def initialize(self, rng: np.random.Generator, *, output: InitializerName = "auto") -> None:
        """Draw initial weights, layer by layer from the input. `output`: the initializer of the output layer."""
        self.sequential.initialize(rng)
        if output != "auto":
            initializers.fill(self.parameters.values[f"{len(self.layers) - 1}.weight"], output, rng)
        self.initialized = self.output_is_random = True

    def start_output(self, prior: Array) -> None:
        """Set the biases of the output layer to the logits `prior: (outputs of one answer,)`."""
        self.parameters.values[f"{len(self.layers) - 1}.bias"][:] = prior
        self.output_is_random = False

    def freeze(self, layers: Collection[int]) -> None:
        """Do not train the parameters of some layers of the spec, counted from 0. Call this before `allocate`.

        Frozen layers run in inference mode: without dropout, with running statistics. So do all layers before the first
        trainable one, where backpropagation ends.

        Raises:
            ValueError: a layer does not exist or has no parameters.
        """
        indices, names = self._to_freeze(layers)
        if not names >= self.parameters.frozen:
            raise ValueError("frozen layers stay frozen; load the weights into a new network to train them")
        if indices:
            self.parameters.frozen = names
            self.sequential.freeze(indices)

    def refreeze(self, layers: Collection[int]) -> bool:
        """Freeze these layers of the spec and no others, in a network that was allocated without frozen layers.

        Returns whether this changes anything. Further layers train as before; nothing is allocated.

        Raises:
            ValueError: a layer does not exist or has no parameters.
        """
        indices, names = self._to_freeze(layers)
        if names == self.parameters.frozen:
            return False
        self.parameters.frozen = names
        self.sequential.refreeze(indices, self.trainable)
        return True

    def _to_freeze(self, layers: Collection[int]) -> tuple[set[int], frozenset[str]]:
        """Return the indices of layers of the spec in `self.layers`, and the names of their parameters."""
        indices = {index for index in self.trainable if self.layers[index].id.spec_index in layers}
        empty = sorted(set(layers).difference(self.layers[index].id.spec_index for index in indices))
        if empty:
            raise ValueError(f"layers {empty} have no parameters to freeze")
        return indices, frozenset(f"{n}.{name}" for n in indices for name in self.layers[n].parameter_shapes())

    def without_frozen(self) -> Network:
        """Return a network with the same weights and no frozen layers; this one, if it has none."""
        if not self.parameters.frozen:
            return self
        network = Network(
            self.specs, inputs=self.inputs, outputs=self.output_shape, loss=self.loss.spec, precision=self.precision
        )
        network.load_torch_state(self.torch_state())
        return network

    def allocate(self, capacity: int, *, training: bool, arena: Arena | None = None) -> None:
        """Allocate working memory for up to `capacity` rows at a time; if `training`, gradients, too.

        `arena`: one that equal networks share, if they run one after another; None: the network's own.
        """
        arena = arena or self.arena
        if training:
            self.sequential.bind(self.parameters.values, self.parameters.allocate_gradients(arena))
        for part in (self.sequential, self.loss):
            part.allocate(arena, capacity, self.dtype, training=training)
        self._capacity, self._rows = capacity, 0

    def forward(self, x: Array, dropout: np.random.Generator | None = None) -> Array:
        """Return the logits (rows, *output_shape) for `x: (rows, inputs)`, C-contiguous, in the dtype of the network.

        The result is working memory, which the next call overwrites. `dropout` is the stream of masks while training.
        """
        if len(x) != self._rows:
            self.resize(len(x))
        return self.sequential.forward(x, dropout)

    def backpropagate(
        self, x: Array, targets: Array, sample_weights: Array, dropout: np.random.Generator | None
    ) -> float:
        """Return the mean loss of the batch and write its gradient.

        `targets` come from `loss.as_targets`, and `sample_weights: (rows,)` from `Batches`.
        """
        dy = self.forward(x, dropout)
        loss = self.loss(dy, targets, sample_weights)
        self.sequential.backward(dy)
        return loss

    def predict(self, x: Array) -> Array:
        """Return probabilities or values (rows, *output_shape) for any number of rows, in inference mode.

        Rows are processed in blocks of BLOCK_ROWS. The same rows in the same order give the same bits; another grouping
        may differ in the last ones.
        """
        x = np.ascontiguousarray(x, self.dtype)
        if not self._capacity:
            self.allocate(BLOCK_ROWS, training=False)
        result = np.empty((len(x), *self.output_shape), self.dtype)
        with np.errstate(all="ignore"):
            for start in range(0, len(x), BLOCK_ROWS):
                logits = self.forward(x[start : start + BLOCK_ROWS])
                result[start : start + BLOCK_ROWS] = self.loss.activate(logits)
        return result

    def torch_state(self) -> dict[str, Array]:
        """Return copies of parameters and statistics with the names and shapes of torch.nn.Sequential."""
        names = {**self.sequential.parameter_shapes(), **self.sequential.statistic_shapes()}
        return {name: self.parameters.values[name].copy() for name in names}

    def load_torch_state(self, state: Mapping[str, Array]) -> None:
        """Copy parameters and statistics from arrays with the names and shapes of `torch_state`.

        PyTorch's `num_batches_tracked` is ignored.

        Raises:
            StateMismatch: names, shapes or values do not fit. All problems are listed, and nothing is changed.
        """
        values = self.parameters.values
        problems = [f"{name} is missing" for name in values if name not in state]
        problems += [
            f"{name} is not a parameter of this network"
            for name in state
            if name not in values and not name.endswith("num_batches_tracked")
        ]
        for name in values.keys() & state.keys():
            problems += tensor_problems(name, state[name], values[name])
        if problems:
            raise StateMismatch(sorted(problems))
        for name, value in values.items():
            value[...] = state[name]
        self.initialized, self.output_is_random = True, False

    def torch_code(self) -> str:
        """Return PyTorch code that makes the same network, up to the logits. It needs `import torch`.

        It is an expression. Classes that PyTorch does not have are defined first; then the expression is the last line.
        """
        return "\n\n".join([*self.sequential.torch_definitions().values(), self.sequential.torch_code()])

    def resize(self, rows: int) -> None:
        """Set the number of rows of the next forward pass. `forward` does so itself.

        Raises:
            ValueError: the working memory is for fewer rows.
        """
        if rows > self._capacity:
            raise ValueError(f"{rows} rows exceed the working memory, which is for {self._capacity} rows")
        for part in (self.sequential, self.loss):
            part.resize(rows)
        self._rows = rows


def working_rows(batch_size: int) -> int:
    """Return the number of rows that a training network needs working memory for: a batch or a prediction block."""
    return max(batch_size, BLOCK_ROWS)


def tensor_problems(name: str, given: Array, wanted: Array) -> list[str]:
    """Return what is wrong with the values given for a parameter."""
    if given.shape != wanted.shape:
        return [f"{name} has shape {given.shape}, not {wanted.shape}"]
    if given.dtype.kind != "f":
        return [f"{name} has dtype {given.dtype}, not a floating-point dtype"]
    with np.errstate(over="ignore"):
        finite = np.isfinite(given.astype(wanted.dtype)).all()
    return [] if finite else [f"{name} has values that are not finite in {wanted.dtype}"]
