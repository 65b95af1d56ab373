"""Transposed convolution of images: each input adds a small weighted patch to a larger output."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import initializers
from engine.layers.convolution.conv2d import Conv2d
from engine.layers.convolution.windows import pair
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Arena, Array, Buffers, Image, Shape
from engine.spec import Conv2dSpec, ConvTranspose2dSpec


class ConvTranspose2d(Layer):
    """The adjoint of a convolution, with the weights of torch.nn.ConvTranspose2d: (inputs, outputs, height, width).

    It is computed as a convolution with the flipped kernels over the inputs with `stride` - 1 zeros between them and
    kernel - 1 - padding around them (Dumoulin and Visin, 2016, section 4). The products with these zeros cost time, but
    need no code of their own.
    """

    spread: Array  # the inputs among zeros
    dx: Array
    flipped: Array
    dflipped: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Flip the kernels, spread the inputs, convolve."""
        np.copyto(self.flipped, self.W.swapaxes(0, 1)[:, :, ::-1, ::-1])
        np.copyto(self.spread[self.places], x)
        return self.inner.forward(self.spread, dropout)

    def backward(self, dy: Array) -> Array:
        """Flip the gradient of the kernels back, and pick dx from that of the spread inputs."""
        dspread = self.inner.backward(dy)
        np.copyto(self.dW.swapaxes(0, 1), self.dflipped[:, :, ::-1, ::-1])
        if not self.passes_gradient:
            return dy
        np.copyto(self.dx, dspread[self.places])
        return self.dx

    def __init__(self, spec: ConvTranspose2dSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 3:
            fix = "add a reshape layer before it"
            raise ShapeError(layer_id, f"takes images of shape (channels, height, width), not {list(shape)}; {fix}")
        self.spec = spec
        self.kernel, self.stride, self.padding = pair(spec.kernel), pair(spec.stride), pair(spec.padding)
        channels, *sides = shape
        around = [size - 1 - zeros for size, zeros in zip(self.kernel, self.padding, strict=True)]
        self.places = (slice(None), *map(self._between, sides, around, self.stride))
        spread = (
            channels,
            *((side - 1) * step + 1 + 2 * zeros for side, step, zeros in zip(sides, self.stride, around, strict=True)),
        )
        inner = Conv2dSpec(channels=spec.channels, kernel=self.kernel, bias=spec.bias, activation="linear")
        self.inner = Conv2d(inner, spread, layer_id)
        super().__init__(shape, self.inner.output_shape, layer_id)
        self.initializer = initializers.resolve(spec.initializer, spec.activation)

    @staticmethod
    def _between(side: int, zeros: int, step: int) -> slice:
        return slice(zeros, zeros + (side - 1) * step + 1, step)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the kernels, and of the biases if there are any."""
        weight: dict[str, Shape] = {"weight": (self.input_shape[0], self.spec.channels, *self.kernel)}
        return weight | ({"bias": (self.spec.channels,)} if self.spec.bias else {})

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views; the convolution inside gets copies of the kernels when they exist."""
        self.values, self.gradients = values, gradients
        self.W, self.b = values["weight"], values.get("bias")
        if gradients is not None:
            self.dW = gradients["weight"]

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the kernels as those of a convolution; set biases to zero."""
        drawn = np.empty((self.W.shape[1], self.W.shape[0], *self.kernel), self.W.dtype)
        initializers.fill(drawn, self.initializer, rng)
        self.W[...] = drawn.swapaxes(0, 1)
        if self.b is not None:
            self.b.fill(0)

    def stop_gradient(self) -> None:
        """Also do so in the convolution inside."""
        super().stop_gradient()
        self.inner.stop_gradient()

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the inputs among zeros, and for training dx."""
        wanted: Buffers = {"spread": (Image(self.inner.input_shape), dtype)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the flipped kernels, and for training their gradient."""
        shape = (self.spec.channels, self.input_shape[0], *self.kernel)
        return dict.fromkeys(("flipped", "dflipped") if training else ("flipped",), (shape, dtype))

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the memory of the convolution inside."""
        super().allocate(arena, capacity, dtype, training=training)
        own = {"weight": self.flipped} | ({"bias": self.b} if self.b is not None else {})
        own_gradients = None
        if training and self.gradients is not None:
            own_gradients = {**self.gradients, "weight": self.dflipped}
        self.inner.bind(own, own_gradients)
        self.inner.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize the convolution inside, and set the zeros between the inputs, which are never written again."""
        super().resize(rows)
        self.spread.fill(0)
        self.inner.resize(rows)
        self.y = self.inner.y

    def flops(self) -> tuple[int, int]:
        """Those of the convolution inside."""
        return self.inner.flops()

    def torch_code(self) -> str:
        """Return the expression for torch.nn.ConvTranspose2d."""
        return (
            f"torch.nn.ConvTranspose2d({self.input_shape[0]}, {self.spec.channels}, {self.kernel}, "
            f"stride={self.stride}, padding={self.padding}, bias={self.spec.bias})"
        )
