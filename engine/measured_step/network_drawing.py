"""What a drawing of a network shows for one row: some units of each layer, with their values, gradients and weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.layers.dense import Dense
from engine.measured_step.layer_passes import groups
from engine.measured_step.weight_path import UNCHANGED, WalkedArrays, WeightPath
from engine.memory import Array, Image
from engine.network import Network

MAX_UNITS = 6  # of a layer: more circles and lines are no longer told apart

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLayer:
    """Some units of a layer, by number, with their outputs for the row and the gradients that arrive at them.

    size: of the whole layer. gradients: None where the backward pass does not run. weights, weight_gradients: of the
    connections from the units of the layer before, (units, units before); None if the layer is not dense.
    """

    label: str
    type: str
    size: int
    units: tuple[int, ...]
    values: tuple[float, ...]
    gradients: tuple[float, ...] | None
    weights: Matrix | None
    weight_gradients: Matrix | None


def drawn_layers(network: Network, arrays: WalkedArrays, path: WeightPath | None) -> tuple[DrawnLayer, ...]:
    """Return the inputs and every layer with parameters, from input to output; gradients must be in place.

    The row is the one of the path. Units are those on the path, and those that contribute most to the row's error.
    """
    row = path.row if path else 0
    on_path = _units_of_path(path)
    drawn = [_inputs(network, arrays, row, on_path.get("inputs", []))]
    before = -1
    for indices in groups(network):
        if not any(network.layers[index].parameter_shapes() for index in indices):
            continue
        dense = network.layers[indices[0]]
        connected = type(dense) is Dense and all(
            isinstance(between, UNCHANGED) for between in network.layers[before + 1 : indices[0]]
        )
        drawn.append(_layer(network, arrays, row, indices, on_path, drawn[-1] if connected else None))
        before = indices[-1]
    return tuple(drawn)


def _inputs(network: Network, arrays: WalkedArrays, row: int, wanted: Iterable[int]) -> DrawnLayer:
    values = arrays.inputs[row]
    units = _choose(np.abs(values), wanted)
    return DrawnLayer(
        label="inputs",
        type="inputs",
        size=network.inputs,
        units=units,
        values=_at(values, units),
        gradients=None,
        weights=None,
        weight_gradients=None,
    )


def _layer(  # noqa: PLR0913, PLR0917 - a drawing needs these
    network: Network,
    arrays: WalkedArrays,
    row: int,
    indices: tuple[int, ...],
    on_path: dict[str, list[int]],
    before: DrawnLayer | None,
) -> DrawnLayer:
    first, last = network.layers[indices[0]], network.layers[indices[-1]]
    is_image = isinstance(last.output_shape, Image)
    values = _of_row(arrays.outputs[indices[-1]], row, is_image=is_image)
    arriving = arrays.arriving.get(indices[-1])
    gradients = None if arriving is None else _of_row(arriving, row, is_image=is_image)
    importance = np.abs(values if gradients is None else values * gradients)
    units = _choose(importance, on_path.get(first.label, []))
    links = None if before is None else np.ix_(units, before.units)
    slopes = network.parameters.views(network.parameters.gradients)
    name = f"{indices[0]}.weight"
    learns = gradients is not None and name not in network.parameters.frozen
    return DrawnLayer(
        label=first.label,
        type=first.id.type,
        size=values.size,
        units=units,
        values=_at(values, units),
        gradients=None if gradients is None else _at(gradients, units),
        weights=_matrix(network.parameters.values[name][links]) if links else None,
        weight_gradients=_matrix(slopes[name][links]) if links and learns else None,
    )


def _units_of_path(path: WeightPath | None) -> dict[str, list[int]]:
    """Return the units on the path by the label of their layer; "inputs" if it starts there."""
    if path is None:
        return {}
    found: dict[str, list[int]] = {"inputs": [] if path.input is None else [path.input], path.layer: [path.index[0]]}
    for factor in path.factors:
        if factor.kind in {"weight", "error"}:
            found.setdefault(factor.layer, []).append(factor.unit)
    return found


def _of_row(array: Array, row: int, *, is_image: bool) -> Array:
    return (array[..., row] if is_image else array[row]).reshape(-1)


def _choose(importance: Array, wanted: Iterable[int]) -> tuple[int, ...]:
    """Return the wanted units and the most important others, MAX_UNITS in all, in ascending order."""
    chosen = dict.fromkeys(wanted)
    for unit in np.argsort(-importance, kind="stable").tolist():
        if len(chosen) == MAX_UNITS:
            break
        chosen[unit] = None
    return tuple(sorted(chosen))


def _at(values: Array, units: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(values[list(units)].tolist())


def _matrix(values: Array) -> Matrix:
    return tuple(map(tuple, values.tolist()))
