"""Walk through the layers that contain no other layers."""

from __future__ import annotations

from collections.abc import Iterator

from engine.layers.layer import Layer
from engine.layers.parallel import Parallel
from engine.layers.residual import Residual
from engine.layers.sequential import Sequential


def leaf_layers(layer: Layer, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield the layers without inner layers, from input to output, each with the prefix of its parameters' names."""
    match layer:
        case Sequential():
            parts: dict[str, Layer] = {str(index): inner for index, inner in enumerate(layer.layers)}
        case Residual():
            parts = dict(layer.parts)
        case Parallel():
            parts = {f"branches.{number}": branch for number, branch in enumerate(layer.branches)}
        case _:
            yield prefix, layer
            return
    for name, inner in parts.items():
        yield from leaf_layers(inner, f"{prefix}{name}.")
