"""Contributions: how much each layer and weight contributes to the error.

The contribution of a weight w is w * dL/dw, which to first order is L(w) - L(0): how much smaller the loss would be
without the weight (Mozer and Smolensky, 1989; Molchanov et al., 2017, equation 7).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.batches import Rows, check_rows
from engine.diagnostics.leaf_layers import leaf_layers
from engine.memory import Array
from engine.network import BLOCK_ROWS, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerContribution:
    """The contribution of all weights and biases of one layer."""

    label: str
    total: float  # how much the loss would fall, to first order, if all of them shrank equally; below 0 it would rise
    magnitude: float  # the sum of the absolute contributions
    share: float  # of the magnitudes of all layers


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightContribution:
    """A single weight. `contribution` is `gradient * weight`: above 0, the loss would fall without the weight."""

    parameter: str  # named as in `torch_state`
    index: tuple[int, ...]
    weight: float
    gradient: float
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """The contributions to the mean loss over some rows."""

    loss: float
    layers: tuple[LayerContribution, ...]  # from input to output
    largest: tuple[WeightContribution, ...]  # by magnitude, largest first


def contributions(network: Network, rows: Rows, *, largest: int = 20) -> Contributions:
    """Return the contributions of each layer, and of the `largest` single weights, to the mean loss over `rows`.

    Dropout is off, and frozen weights count like all others. The parameters do not change; the network's gradient is
    overwritten.

    Raises:
        ValueError: there are no rows, or they do not fit the network.
    """
    network = network.without_frozen()
    loss, gradient = _mean_gradient(network, rows)
    values, gradients = network.parameters.values, network.parameters.views(gradient)
    products = network.parameters.views(gradient * network.parameters.learned)
    return Contributions(
        loss=loss,
        layers=_by_layer(network, products),
        largest=_largest(products, values, gradients, largest),
    )


def _mean_gradient(network: Network, rows: Rows) -> tuple[float, Array]:
    """Return the mean loss and its gradient (parameters,), computed block by block."""
    if not len(rows):
        raise ValueError("There are no rows to compute a gradient from.")
    rows = check_rows(rows.every(1), network)
    if not network.parameters.gradients.size:
        network.allocate(BLOCK_ROWS, training=True)
    assert rows.sample_weights is not None  # noqa: S101 - `check_rows` fills them in
    sample_weights = (rows.sample_weights / rows.sample_weights.sum()).astype(network.dtype)
    loss, gradient = 0.0, np.zeros_like(network.parameters.gradients)
    with np.errstate(all="ignore"):
        for start in range(0, len(rows), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            loss += network.backpropagate(rows.x[part], rows.y[part], sample_weights[part], None)
            gradient += network.parameters.gradients
    return loss, gradient


def _by_layer(network: Network, products: dict[str, Array]) -> tuple[LayerContribution, ...]:
    sums: dict[str, tuple[float, float]] = {}
    for prefix, layer in leaf_layers(network.sequential):
        for name in layer.parameter_shapes():
            product = products[prefix + name]
            total, magnitude = sums.get(layer.label, (0.0, 0.0))
            total += float(product.sum(dtype=np.float64))
            sums[layer.label] = total, magnitude + float(np.abs(product).sum(dtype=np.float64))
    whole = sum(magnitude for _, magnitude in sums.values())
    return tuple(
        LayerContribution(label=label, total=total, magnitude=magnitude, share=magnitude / whole if whole else 0.0)
        for label, (total, magnitude) in sums.items()
    )


def _largest(
    products: dict[str, Array], values: dict[str, Array], gradients: dict[str, Array], count: int
) -> tuple[WeightContribution, ...]:
    candidates = [
        (-abs(contribution), name, position, contribution)
        for name, product in products.items()
        for position, contribution in _largest_of(product, count)
    ]
    candidates.sort(key=lambda candidate: candidate[0])
    return tuple(
        WeightContribution(
            parameter=name,
            index=tuple(int(axis) for axis in np.unravel_index(position, products[name].shape)),
            weight=float(values[name].reshape(-1)[position]),
            gradient=float(gradients[name].reshape(-1)[position]),
            contribution=contribution,
        )
        for _, name, position, contribution in candidates[:count]
    )


def _largest_of(product: Array, count: int) -> Iterator[tuple[int, float]]:
    """Return the positions in the flattened array of the `count` largest magnitudes, and the values there."""
    flat = product.reshape(-1)
    positions = np.arange(flat.size)
    if flat.size > count:
        positions = np.argpartition(np.abs(flat), flat.size - count)[flat.size - count :]
    return zip(positions.tolist(), flat[positions].tolist(), strict=True)
