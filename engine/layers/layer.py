"""What every layer is: a function of a batch of rows, with its derivative."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from engine.memory import Array, RowBuffers, Shape


class Layer(RowBuffers):
    """One step of a network, forward and backward, in the order of use.

    Life of a layer: `parameter_shapes` -> `bind` -> `initialize` -> `allocate` -> `resize` ->
    `forward` and `backward`, many times. Results live in the layer's own buffers (or in its
    input's, see `overwrites_input`) until the next call.
    """

    overwrites_input: ClassVar[bool] = False  # forward writes its output over its input
    keeps_output: ClassVar[bool] = False  # backward reads the output, which nobody may overwrite
    torch_name: ClassVar[str] = ""

    def __init__(self, inputs: int, outputs: int, label: str) -> None:
        super().__init__()
        self.inputs = inputs
        self.outputs = outputs
        self.label = label
        self.passes_gradient = True  # False for the first layer that learns: nobody wants its dx

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the parameters, by PyTorch's names for them."""
        return {}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Take the views on the parameters, and on their gradients when training."""

    def initialize(self, rng: np.random.Generator) -> None:
        """Write initial values into the bound parameters."""

    @abstractmethod
    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Return the outputs (rows, outputs) for `x: (rows, inputs)`.

        `dropout` is the stream to draw masks from while training, and None at inference.
        """

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """Return dx for `dy: (rows, outputs)`, having written the gradients of the parameters.

        `dy` may be overwritten. Without `passes_gradient` the result means nothing.
        """

    @abstractmethod
    def flops(self) -> tuple[int, int]:
        """Return operations per row, forward and backward: two per multiply-add, one per function."""

    def torch_code(self) -> str:
        """Return the expression that makes the same module in PyTorch."""
        return f"torch.nn.{self.torch_name}()"
