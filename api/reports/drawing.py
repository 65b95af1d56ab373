"""The network as SVG: some units of each layer, with the values, gradients or weights of one training step.

Numbers are shown as classes of size, which the style sheet turns into colors; the exact ones are in titles.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

from api.reports.step_schemas import DrawnLayerView, StepView
from service.reports.phrases import count, layer_name, number

WIDTH, TOP, ROW, RADIUS = 760, 56, 34, 9
SIDE = 70  # margin on the left and the right
SIZES = (0.1, 0.35, 0.7)  # of the largest magnitude: where the classes of size begin

Point = tuple[float, float]


def network_drawing(step: StepView, stage: str) -> str:
    """Return the drawing of one stage: forward, loss, backward or update."""
    layers = step.drawing
    places = _places(layers)
    height = TOP + ROW * max(len(layer.units) for layer in layers) + 24
    parts = [
        *(
            _links(layer, before, place, origin, stage)
            for (before, layer), (origin, place) in zip(pairwise(layers), pairwise(places), strict=True)
        ),
        _path(step, places) if stage in {"backward", "update"} else "",
        *(_flow(origin, place) for origin, place in pairwise(places) if stage in {"forward", "backward"}),
        *(
            _units(layer, place, stage, is_last=layer is layers[-1])
            for layer, place in zip(layers, places, strict=True)
        ),
    ]
    title = f"The network with {LEGENDS[stage]}"
    return (
        f'<div class="scroll" tabindex="0"><svg class="network {stage}" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg></div><p class="faint">{escape(_legend(step, stage))}</p>'
    )


LEGENDS = {
    "forward": "the outputs of each unit for one row",
    "loss": "the answers for one row",
    "backward": "the gradients that arrive at each unit for one row",
    "update": "the gradients of the weights over the mini-batch",
}


def _legend(step: StepView, stage: str) -> str:
    lines = "weights" if stage in {"forward", "loss"} else "gradients of weights"
    marked = (
        " The marked line is the weight that is followed below."
        if step.weight and stage in {"backward", "update"}
        else ""
    )
    return (
        f"Circles: {LEGENDS[stage]}. Lines: {lines}. Blue is above 0, orange below 0; stronger means larger within a "
        "layer. "
        f"Each layer shows its most important units.{marked}"
    )


def _places(layers: Sequence[DrawnLayerView]) -> list[list[Point]]:
    """Return the position of each unit that is drawn."""
    gap, most = (WIDTH - 2 * SIDE) / max(len(layers) - 1, 1), max(len(layer.units) for layer in layers)
    return [
        [
            (SIDE + column * gap, TOP + ROW * (row + (most - len(layer.units)) / 2 + 0.5))
            for row in range(len(layer.units))
        ]
        for column, layer in enumerate(layers)
    ]


def _links(layer: DrawnLayerView, before: DrawnLayerView, ends: list[Point], starts: list[Point], stage: str) -> str:
    """Return the connections between two layers; a single band if they are not dense."""
    shows_weights = stage in {"forward", "loss"} or layer.weight_gradients is None
    matrix, what = (layer.weights, "weight") if shows_weights else (layer.weight_gradients, "gradient of the weight")
    if matrix is None:
        middle = TOP + (ends[0][1] + ends[-1][1]) / 2 - TOP
        return (
            f'<line class="k2" x1="{starts[0][0] + 20:.0f}" y1="{middle:.0f}" x2="{ends[0][0] - 20:.0f}" '
            f'y2="{middle:.0f}"/>'
        )
    largest = _largest(value for row in matrix for value in row)
    return "".join(
        f'<line class="{"plus" if (value or 0) >= 0 else "minus"} k{_size(value, largest)}" x1="{x1:.0f}" '
        f'y1="{y1:.0f}" '
        f'x2="{x2:.0f}" '
        f'y2="{y2:.0f}"><title>{escape(f"{what} {_shown(value)}: {_ends(layer, before, to, source)}")}</title></line>'
        for to, (row, (x2, y2)) in enumerate(zip(matrix, ends, strict=True))
        for source, (value, (x1, y1)) in enumerate(zip(row, starts, strict=True))
    )


def _ends(layer: DrawnLayerView, before: DrawnLayerView, to: int, source: int) -> str:
    start = f"unit {before.units[source] + 1} of {layer_name(before.label)}"
    return f"from {start} to unit {layer.units[to] + 1} of {layer_name(layer.label)}"


def _path(step: StepView, places: list[list[Point]]) -> str:
    """Return the line of the weight that is followed, if both of its units are drawn next to each other."""
    path = step.weight
    column = next((n for n, layer in enumerate(step.drawing) if path and layer.label == path.layer), 0)
    if path is None or not column or step.drawing[column].weights is None:
        return ""
    before, layer = step.drawing[column - 1], step.drawing[column]
    if path.index[1] not in before.units or path.index[0] not in layer.units:
        return ""
    (x1, y1), (x2, y2) = (
        places[column - 1][before.units.index(path.index[1])],
        places[column][layer.units.index(path.index[0])],
    )
    return f'<line class="path" x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"/>'


def _flow(starts: list[Point], ends: list[Point]) -> str:
    """Return a dashed line that moves in the direction of the stage."""
    y = TOP - 8
    return f'<line class="flow" x1="{starts[0][0]:.0f}" y1="{y}" x2="{ends[0][0]:.0f}" y2="{y}"/>'


def _units(layer: DrawnLayerView, places: list[Point], stage: str, *, is_last: bool) -> str:
    x = places[0][0]
    hidden = layer.size - len(layer.units)
    more = (
        f'<text x="{x:.0f}" y="{places[-1][1] + 28:.0f}" text-anchor="middle">and {count(hidden)} more</text>'
        if hidden
        else ""
    )
    return f"{_title(layer, x)}{''.join(_circles(layer, places, stage, is_last=is_last))}{more}"


def _title(layer: DrawnLayerView, x: float) -> str:
    name = layer.label if layer.label in {"inputs", "output"} else layer_name(layer.label).partition(" (")[0]
    kind = "" if layer.type in {"inputs", "output"} else f"{layer.type}, "
    return (
        f'<text class="name" x="{x:.0f}" y="18" text-anchor="middle">{escape(name)}</text>'
        f'<text x="{x:.0f}" y="34" text-anchor="middle">{escape(kind.replace("_", " "))}{count(layer.size)} '
        "units</text>"
    )


def _circles(layer: DrawnLayerView, places: list[Point], stage: str, *, is_last: bool) -> Iterator[str]:
    shown = stage == "forward" or (stage == "loss" and is_last)
    values: Sequence[float | None] = layer.values if shown else layer.gradients or [None] * len(places)
    if stage == "loss" and not is_last:
        values = [None] * len(places)
    largest = _largest(values)
    for unit, output, value, (x, y) in zip(layer.units, layer.values, values, places, strict=True):
        gradient = layer.gradients[layer.units.index(unit)] if layer.gradients else None
        title = f"unit {unit + 1}: output {_shown(output)}" + (
            "" if gradient is None else f", gradient {_shown(gradient)}"
        )
        kind = "" if value is None else f"{'up' if value >= 0 else 'down'} o{_size(value, largest)}"
        yield f'<circle class="{kind}" cx="{x:.0f}" cy="{y:.0f}" r="{RADIUS}"><title>{escape(title)}</title></circle>'


def _size(value: float | None, largest: float) -> int:
    """Return the class of size of a value: 0 to 3."""
    part = abs(value or 0.0) / largest if largest else 0.0
    return sum(part >= bound for bound in SIZES)


def _largest(values: Iterable[float | None]) -> float:
    return max((abs(value) for value in values if value is not None), default=0.0)


def _shown(value: float | None) -> str:
    return "unknown" if value is None else number(value)
