"""Layers one after the other, which together form a layer: torch.nn.Sequential."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Arena, Array, Buffers, Shape


class Sequential(Layer):
    """Runs layers forward in order and backward in reverse order. The parameters of layer n are called "n.name"."""

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Pass the output of each layer to the next one."""
        if self.inference_only:
            for layer, inference_only in zip(self.layers, self.inference_only, strict=True):
                x = layer.forward(x, None if inference_only else dropout)
            return x
        for layer in self.layers:
            x = layer.forward(x, dropout)
        return x

    def backward(self, dy: Array) -> Array:
        """Apply the chain rule: the gradient of the input of a layer is that of the output of the one before."""
        for layer in self.layers[: self.first - len(self.layers) - 1 : -1]:
            dy = layer.backward(dy)
        return dy

    def replace(self, layers: Sequence[Layer]) -> None:
        """Use other layers for the same shapes. Called once, before all other methods."""
        self.layers = tuple(layers)
        self._preserve_inputs()

    def _preserve_inputs(self) -> None:
        """Keep layers from overwriting their input if the layer before, or the caller, needs that array."""
        needed = not self.overwrites_input
        for layer in self.layers:
            if needed:
                layer.preserve_input()
            needed = layer.keeps_output or (layer.returns_input and needed)

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, layer_id: LayerId) -> None:
        super().__init__(input_shape, layers[-1].output_shape if layers else input_shape, layer_id)
        self.layers = tuple(layers)
        self.trainable = tuple(index for index, layer in enumerate(layers) if layer.parameter_shapes())
        self.inference_only: tuple[bool, ...] = ()  # whether each layer runs in inference mode; empty if none is frozen
        self._preserve_inputs()

    @property
    def first(self) -> int:
        """The index of the layer at which backward ends."""
        if self.passes_gradient:
            return 0
        return self.trainable[0] if self.trainable else len(self.layers)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of all layers."""
        each = enumerate(layer.parameter_shapes() for layer in self.layers)
        return {f"{index}.{name}": shape for index, shapes in each for name, shape in shapes.items()}

    def statistic_shapes(self) -> dict[str, Shape]:
        """Return the shapes of all layers."""
        each = enumerate(layer.statistic_shapes() for layer in self.layers)
        return {f"{index}.{name}": shape for index, shapes in each for name, shape in shapes.items()}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Give each layer its views."""
        own, own_gradients = parted(values), parted(gradients or {})
        for index, layer in enumerate(self.layers):
            part = str(index)
            layer.bind(own.get(part, {}), None if gradients is None else own_gradients.get(part, {}))

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw initial weights, layer by layer from the input."""
        for layer in self.layers:
            layer.initialize(rng)

    def preserve_input(self) -> None:
        """Do not overwrite the input, nor what layers return unchanged from it."""
        super().preserve_input()
        self._preserve_inputs()

    def share_memory(self) -> None:
        """Note it in all layers."""
        for layer in self.layers:
            layer.share_memory()

    def stop_gradient(self) -> None:
        """Stop at the first trainable layer."""
        super().stop_gradient()
        for layer in self.layers[: self.first + 1]:
            layer.stop_gradient()

    def freeze(self, indices: Collection[int]) -> None:
        """Do not train some layers. They and all layers before the first trainable one run in inference mode."""
        self.trainable = tuple(index for index in self.trainable if index not in indices)
        self.inference_only = tuple(index in indices or index < self.first for index in range(len(self.layers)))
        self.stop_gradient()

    def refreeze(self, indices: Collection[int], trainable: Sequence[int]) -> None:
        """Do not train some of the `trainable` layers for now. All keep the memory that training needs."""
        self.trainable = tuple(index for index in trainable if index not in indices)
        frozen = tuple(index in indices or index < self.first for index in range(len(self.layers)))
        self.inference_only = frozen if indices else ()

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - see below
        """Declare nothing: the layers have their own buffers."""
        return {}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Allocate the memory of each layer."""
        for layer in self.layers:
            layer.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Resize each layer."""
        for layer in self.layers:
            layer.resize(rows)

    def flops(self) -> tuple[int, int]:
        """Sum over the layers; backward only from where it ends."""
        each = [layer.flops() for layer in self.layers]
        return sum(forward for forward, _ in each), sum(backward for _, backward in each[self.first :])

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Sequential."""
        return f"torch.nn.Sequential({', '.join(layer.torch_code() for layer in self.layers)})"

    def torch_definitions(self) -> dict[str, str]:
        """Return those of all layers."""
        return {name: source for layer in self.layers for name, source in layer.torch_definitions().items()}


def parted(values: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """Return the values grouped by the part of their names before the first dot; keys are the rest of the names."""
    parts: dict[str, dict[str, Array]] = {}
    for name, value in values.items():
        part, _, rest = name.partition(".")
        parts.setdefault(part, {})[rest] = value
    return parts
