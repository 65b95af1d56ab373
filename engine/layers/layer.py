"""What every layer is: a function of a batch of rows, with its derivative. Read this file first.

A row has one, two or three axes: `(features,)`, `(time, features)`, or `(channels, height, width)`. A layer
maps rows of its `input_shape` to rows of its `output_shape`, all rows of a batch at once: `x: (rows, *input_shape)`,
`y: (rows, *output_shape)`, both C-contiguous. Only images lie with the rows as the last axis, `(*shape, rows)`, which
is where convolution wants them; layers that treat each number by itself need not know.

`dropout`, the stream that masks are drawn from, also tells training from inference: it is None where nothing is
dropped, and batch norm goes by what it remembers.

Results stay in a layer's own buffers until its next call. To save a pass over memory, forward may write its output over
its input (`overwrites_input`) or hand the input on (`returns_input`), unless the layer before needs it in backward
(`keeps_output`): then the stack calls `spare_input`. Backward may write over dy, and over the layer's own output, which
nobody reads any more.

By the chain rule a loss's gradient goes backward through the layers, each of which turns the gradient
in its output, dy, into the one in its input, dx, and on the way writes the ones in its parameters. A whole layer:

    class Scale(Layer):
        '''y = g x, with a factor g per feature.'''

        def parameter_shapes(self):
            return {"weight": self.input_shape}

        def bind(self, values, gradients):
            self.g = values["weight"]
            self.dg = gradients and gradients["weight"]

        def initialize(self, rng):
            self.g.fill(1)

        def buffers(self, dtype, *, training):
            return dict.fromkeys(("y", "work") if training else ("y",), (self.output_shape, dtype))

        def forward(self, x, dropout):
            self.x = x
            return np.multiply(x, self.g, out=self.y)

        def backward(self, dy):
            np.add.reduce(np.multiply(dy, self.x, out=self.work), axis=0, out=self.dg)
            return np.multiply(dy, self.g, out=dy)

        def flops(self):
            return self.outputs, 3 * self.outputs
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np

from engine.layers.layer_id import LayerId
from engine.memory import Array, Image, RowBuffers, Shape


def row_shape(shape: Shape) -> Shape:
    """Return the shape of a row, marked if it is an image's."""
    return Image(shape) if len(shape) == 3 else tuple(shape)


class Layer(RowBuffers):
    """One step of a network, forward and backward, in the order of use.

    Life of a layer: `parameter_shapes`, `statistic_shapes` -> `bind` -> `initialize` -> `allocate` -> `resize` ->
    `forward` and `backward`, many times. Results live in the layer's own buffers (or in its
    input's, see `overwrites_input`) until the next call.
    """

    overwrites_input: bool = False  # forward writes its output over its input
    returns_input: ClassVar[bool] = False  # forward may return its input, or a view of it
    keeps_output: ClassVar[bool] = False  # backward reads the output, which nobody may overwrite
    torch_name: ClassVar[str] = ""

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
        """Return the shapes of the parameters, by PyTorch's names for them."""
        return {}

    def statistic_shapes(self) -> dict[str, Shape]:
        """Return the shapes of what forward itself keeps up to date, by PyTorch's names for them."""
        return {}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Take the views on parameters and statistics, and on the parameters' gradients when training."""

    def initialize(self, rng: np.random.Generator) -> None:
        """Write initial values into the bound parameters and statistics."""

    def spare_input(self) -> None:
        """Do not overwrite the input, somebody needs it: called before `allocate`."""
        self.overwrites_input = False

    def stop_gradient(self) -> None:
        """Do not compute dx, nobody wants it: called before `allocate` for the first layer that learns."""
        self.passes_gradient = False

    @abstractmethod
    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Return the outputs (rows, *output_shape) for `x: (rows, *input_shape)`; images have rows last.

        `dropout` is the stream to draw masks from while training, and None at inference.
        """

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """Return dx for `dy: (rows, *output_shape)`, having written the gradients of the parameters.

        `dy` may be overwritten. Without `passes_gradient` the result means nothing.
        """

    @abstractmethod
    def flops(self) -> tuple[int, int]:
        """Return operations per row, forward and backward: two per multiply-add, one per function."""

    def torch_code(self) -> str:
        """Return the expression that makes the same module in PyTorch."""
        return f"torch.nn.{self.torch_name}()"

    def torch_definitions(self) -> dict[str, str]:
        """Return name -> source of the classes that `torch_code` uses and PyTorch does not have."""
        return {}
