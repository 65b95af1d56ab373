"""Layers with their JSON pointers in the request."""

from collections.abc import Iterable, Iterator

from engine.spec import LayerSpec, ParallelSpec, ResidualSpec

LAYERS = "/model/layers"


def walk(layers: Iterable[LayerSpec], pointer: str = LAYERS) -> Iterator[tuple[str, LayerSpec]]:
    """Yield all layers with their pointers, including the layers inside blocks."""
    for index, layer in enumerate(layers):
        yield from walk_layer(layer, f"{pointer}/{index}")


def walk_layer(layer: LayerSpec, pointer: str) -> Iterator[tuple[str, LayerSpec]]:
    """Yield a layer and, if it is a block, all layers inside, with their pointers."""
    yield pointer, layer
    match layer:
        case ResidualSpec():
            yield from walk(layer.layers, f"{pointer}/layers")
            yield from walk(layer.projection, f"{pointer}/projection")
        case ParallelSpec():
            for number, branch in enumerate(layer.branches):
                yield from walk(branch.layers, f"{pointer}/branches/{number}/layers")
