"""The interface of every layer: a function of a batch of rows, with its derivative. Read this file first.

To add a layer:

1. Add its spec to a file in `engine/spec/`, and to the union `LayerSpec` in `engine/spec/layers.py`.
2. Add the class in a file of its own in this folder.
3. Add a line to `MAKERS` in `build.py`.

Tests require a network with the layer in `tests/engine/layers/test_every_layer.py`, and a case in
`tests/support/reference_cases.py` to compare with PyTorch.

A row has one, two or three axes: `(features,)`, `(time, features)`, or `(channels, height, width)`. A layer maps rows
of its `input_shape` to rows of its `output_shape`, all rows of a batch at once: `x: (rows, *input_shape)`,
`y: (rows, *output_shape)`, both C-contiguous. Images are different: their batches have the rows as the last axis,
`(*shape, rows)`, which makes convolution fast. Elementwise layers work on both.

`dropout` is the random stream for masks. It also tells training from inference: it is None in inference mode, where
nothing is dropped and batch norm uses its running statistics.

Results stay in the layer's own buffers until its next call. To save memory traffic, forward may write its output over
its input (`overwrites_input`) or return the input (`returns_input`), unless the layer before needs that array in
backward (`keeps_output`): then `Sequential` calls `preserve_input`. Backward may write over dy, and over the layer's
own output.

By the chain rule, the gradient of the loss passes backward through the layers. Each turns the gradient of its output,
dy, into the gradient of its input, dx, and writes the gradients of its parameters on the way. A complete layer:

    class Scale(Layer):
        '''y = g x, with a factor g per feature.'''

        def forward(self, x, dropout):
            self.x = x
            return np.multiply(x, self.g, out=self.y)

        def backward(self, dy):
            np.add.reduce(np.multiply(dy, self.x, out=self.work), axis=0, out=self.dg)
            return np.multiply(dy, self.g, out=dy)

        def parameter_shapes(self):
            return {"weight": self.input_shape}

        def bind(self, values, gradients):
            self.g = values["weight"]
            self.dg = gradients and gradients["weight"]

        def initialize(self, rng):
            self.g.fill(1)

        def buffers(self, dtype, *, training):
            return dict.fromkeys(("y", "work") if training else ("y",), (self.output_shape, dtype))

        def flops(self):
            return self.outputs, 3 * self.outputs
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np

from engine.layers.layer_id import LayerId
from engine.layers.mask import Mask
from engine.memory import Array, Image, RowBuffers, Shape


class Layer(RowBuffers):
    """One step of a network, forward and backward.

    Order of calls: `parameter_shapes`, `statistic_shapes` -> `bind` -> `initialize` -> `allocate` -> `resize` ->
    `forward` and `backward`, many times.
    """

    shares_memory: bool = False
    overwrites_input: bool = False  # forward writes its output over its input
    returns_input: ClassVar[bool] = False  # forward may return its input, or a view of it
    keeps_output: ClassVar[bool] = False  # backward reads the output, so it must not be overwritten
    torch_name: ClassVar[str] = ""

    @abstractmethod
    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Return the outputs (rows, *output_shape) for `x: (rows, *input_shape)`; images have rows last.

        `dropout` is the stream to draw masks from while training, and None in inference mode.
        """

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """Write the gradients of the parameters and return dx, for `dy: (rows, *output_shape)`.

        `dy` may be overwritten. Without `passes_gradient` the result has no meaning.
        """

    def __init__(self, input_shape: Shape, output_shape: Shape, layer_id: LayerId) -> None:
        super().__init__()
        self.input_shape = row_shape(input_shape)
        self.output_shape = row_shape(output_shape)
        self.inputs = math.prod(input_shape)
        self.outputs = math.prod(output_shape)
        self.id = layer_id
        self.passes_gradient = True

    @property
    def label(self) -> str:
        """The name of the layer in messages and statistics; use `id` to identify it."""
        return self.id.label

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the parameters, by their names in PyTorch."""
        return {}

    def is_vector(self, name: str) -> bool:  # noqa: ARG002 - for subclasses
        """Return whether a parameter is looked up, added or multiplied elementwise, not the weights of a sum."""
        return False

    def statistic_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the statistics that forward updates itself, by their names in PyTorch."""
        return {}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views of parameters and statistics, and of the gradients of the parameters when training."""

    def initialize(self, rng: np.random.Generator) -> None:
        """Write initial values into the bound parameters and statistics."""

    def output_mask(self, mask: Mask | None) -> Mask | None:
        """Return the mask of the time steps of the output: that of the input, if they are the same time steps."""
        same_steps = (
            len(self.input_shape) == len(self.output_shape) == 2 and self.input_shape[0] == self.output_shape[0]
        )
        return mask if same_steps else None

    def preserve_input(self) -> None:
        """Do not overwrite the input: another layer needs it. Called before `allocate`."""
        self.overwrites_input = False

    def share_memory(self) -> None:
        """Note that other layers use the same buffers, so the latest outputs are gone after a forward pass."""
        self.shares_memory = True

    def stop_gradient(self) -> None:
        """Do not compute dx. Called before `allocate` for the first trainable layer and all before it."""
        self.passes_gradient = False

    @abstractmethod
    def flops(self) -> tuple[int, int]:
        """Return operations per row, forward and backward: two per multiply-add, one per function."""

    def torch_code(self) -> str:
        """Return the expression that makes the same module in PyTorch."""
        return f"torch.nn.{self.torch_name}()"

    def torch_definitions(self) -> dict[str, str]:
        """Return name -> source of the classes that `torch_code` uses and PyTorch does not have."""
        return {}


def row_shape(shape: Shape) -> Shape:
    """Return the shape of a row, marked if it is an image's."""
    return Image(shape) if len(shape) == 3 else tuple(shape)
