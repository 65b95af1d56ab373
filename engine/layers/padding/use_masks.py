"""Let layers know which time steps are padding. `PADDED` is the registry of layers that ignore them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.layers.attention import Attention
from engine.layers.convolution.global_pooling import GlobalAverage, GlobalMax
from engine.layers.layer import Layer
from engine.layers.mask import Mask
from engine.layers.padding.attention import PaddedAttention
from engine.layers.padding.pooling import PaddedAverage, PaddedMax
from engine.layers.padding.recurrent import PaddedRecurrent
from engine.layers.parallel import Parallel
from engine.layers.recurrent.recurrent import Recurrent
from engine.layers.residual import Residual
from engine.layers.sequential import Sequential


def use_masks(layers: Sequential, mask: Mask | None) -> None:
    """Replace the layers that mix time steps by those that ignore padding, after the first layer that finds it.

    `mask`: of the time steps of the input; None: all count.
    """
    used = list[Layer]()
    for layer in layers.layers:
        for inner in _inside(layer):
            use_masks(inner, mask)
        padded = PADDED.get(type(layer)) if mask else None
        used.append(padded(layer, mask) if padded else layer)
        mask = layer.output_mask(mask)
    layers.replace(used)


PADDED: dict[type[Layer], Callable[[Any, Any], Layer]] = {
    Recurrent: lambda layer, mask: PaddedRecurrent(layer.input_shape, layer.spec, layer.id, layer.kind, mask),
    Attention: lambda layer, mask: PaddedAttention(layer.spec, layer.input_shape, layer.id, mask),
    GlobalAverage: lambda layer, mask: PaddedAverage(layer.input_shape, layer.id, mask),
    GlobalMax: lambda layer, mask: PaddedMax(layer.input_shape, layer.id, mask),
}
READERS = (PaddedRecurrent, PaddedAttention, PaddedAverage, PaddedMax)


def ignores_padding(layers: Sequential) -> bool:
    """Return whether any of the layers, or a layer inside one, ignores padding."""
    return any(isinstance(layer, READERS) or any(map(ignores_padding, _inside(layer))) for layer in layers.layers)


def _inside(layer: Layer) -> Sequence[Sequential]:
    if isinstance(layer, Residual):
        return (layer.body, layer.skip)
    return layer.branches if isinstance(layer, Parallel) else ()
