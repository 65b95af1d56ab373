"""Layers one after the other, which together are a layer again: torch.nn.Sequential."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Arena, Array, Buffers, Shape


class Sequential(Layer):
    """Forward in order, backward in reverse order; layer n's parameters are called "n.name"."""

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Each layer's output is the next one's input."""
        if self.rests:
            for layer, rests in zip(self.layers, self.rests, strict=True):
                x = layer.forward(x, None if rests else dropout)
            return x
        for layer in self.layers:
            x = layer.forward(x, dropout)
        return x

    def backward(self, dy: Array) -> Array:
        """The chain rule: each layer's input gradient is the output gradient of the one before."""
        for layer in self.layers[: self.first - len(self.layers) - 1 : -1]:
            dy = layer.backward(dy)
        return dy

    def _spare_inputs(self) -> None:
        """Keep layers from overwriting their input where the layer below, or whoever gave the stack's, needs it."""
        needed = not self.overwrites_input
        for layer in self.layers:
            if needed:
                layer.spare_input()
            needed = layer.keeps_output or (layer.returns_input and needed)

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, layer_id: LayerId) -> None:
        super().__init__(input_shape, layers[-1].output_shape if layers else input_shape, layer_id)
        self.layers = tuple(layers)
        self.trainable = tuple(index for index, layer in enumerate(layers) if layer.parameter_shapes())
        self.rests: tuple[bool, ...] = ()  # for each layer, where some are frozen, whether it runs as at inference
        self._spare_inputs()

    @property
    def first(self) -> int:
        """The index of the layer at which backward may end."""
        if self.passes_gradient:
            return 0
        return self.trainable[0] if self.trainable else len(self.layers)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Those of all layers."""
        each = enumerate(layer.parameter_shapes() for layer in self.layers)
        return {f"{index}.{name}": shape for index, shapes in each for name, shape in shapes.items()}

    def statistic_shapes(self) -> dict[str, Shape]:
        """Those of all layers."""
        each = enumerate(layer.statistic_shapes() for layer in self.layers)
        return {f"{index}.{name}": shape for index, shapes in each for name, shape in shapes.items()}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Give each layer its own."""
        own, own_gradients = parted(values), parted(gradients or {})
        for index, layer in enumerate(self.layers):
            part = str(index)
            layer.bind(own.get(part, {}), None if gradients is None else own_gradients.get(part, {}))

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw initial weights, layer by layer from the input on."""
        for layer in self.layers:
            layer.initialize(rng)

    def spare_input(self) -> None:
        """Let nothing that returns the input, or a view of it, be overwritten either."""
        super().spare_input()
        self._spare_inputs()

    def stop_gradient(self) -> None:
        """Stop it at the first layer that learns."""
        super().stop_gradient()
        for layer in self.layers[: self.first + 1]:
            layer.stop_gradient()

    def freeze(self, indices: Collection[int]) -> None:
        """Keep the parameters of some layers as they are: these, and all before the first learner, rest."""
        self.trainable = tuple(index for index in self.trainable if index not in indices)
        self.rests = tuple(index in indices or index < self.first for index in range(len(self.layers)))
        self.stop_gradient()

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - see below
        """None: the layers have theirs."""
        return {}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Let each layer take its buffers."""
        for layer in self.layers:
            layer.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Let each layer put `rows` rows to use."""
        for layer in self.layers:
            layer.resize(rows)

    def flops(self) -> tuple[int, int]:
        """Add up the layers', backward from where it ends."""
        each = [layer.flops() for layer in self.layers]
        return sum(forward for forward, _ in each), sum(backward for _, backward in each[self.first :])

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Sequential."""
        return f"torch.nn.Sequential({', '.join(layer.torch_code() for layer in self.layers)})"

    def torch_definitions(self) -> dict[str, str]:
        """Those of all layers, each once."""
        return {name: source for layer in self.layers for name, source in layer.torch_definitions().items()}


def parted(values: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """Return, by what stands before the first dot of their names, the values by what stands behind it."""
    parts: dict[str, dict[str, Array]] = {}
    for name, value in values.items():
        part, _, rest = name.partition(".")
        parts.setdefault(part, {})[rest] = value
    return parts
