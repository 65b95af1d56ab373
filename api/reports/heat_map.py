"""Layer statistics over epochs as a heat map in SVG: a row per layer, a column per epoch."""

from collections.abc import Callable, Sequence
from html import escape
from math import log10
from typing import Any

from api.reports.schemas import LayerStatisticsView
from service.reports.phrases import layer_name, number

WIDTH, NAMES, ROW, TOP = 760, 150, 22, 4
COLORS = 7  # classes of the style sheet
MAX_COLUMNS = 30

Value = Callable[[dict[str, Any]], float | None]


def heat_map(epochs: Sequence[LayerStatisticsView], value: Value, title: str) -> str:
    """Return the map of the logarithm of a value; nothing if no layer has one."""
    shown = epochs[:: -(-len(epochs) // MAX_COLUMNS) or 1]
    known = [layer["label"] for layer in shown[-1].layers] if shown else []
    labels = [label for label in known if any(_of(epoch, label, value) for epoch in shown)]
    numbers = [found for epoch in shown for label in labels if (found := _of(epoch, label, value))]
    if not numbers:
        return ""
    low, high = log10(min(numbers)), log10(max(numbers))
    cell = (WIDTH - NAMES) / len(shown)
    columns = "".join(_column(epoch, at, cell, labels, value, (low, high)) for at, epoch in enumerate(shown))
    names = "".join(
        f'<text data-layer="{row}" x="{NAMES - 8}" y="{TOP + ROW * row + 15}" text-anchor="end">'
        f"{escape(layer_name(label))}</text>"
        for row, label in enumerate(labels)
    )
    bottom = TOP + ROW * len(labels)
    axis = (
        f'<text x="{NAMES}" y="{bottom + 15}">epoch {shown[0].epoch:,}</text>'
        f'<text x="{WIDTH}" y="{bottom + 15}" text-anchor="end">epoch {shown[-1].epoch:,}</text>'
    )
    legend = f"Faintest shade: {number(10**low)}. Strongest: {number(10**high)}. Each shade is an equal factor."
    return (
        f'<figure class="wide"><figcaption>{escape(title)}</figcaption><svg class="heat" viewBox="0 0 {WIDTH} '
        f'{bottom + 20}" '
        f'role="img" aria-label="{escape(title)} by layer and epoch">{names}{columns}{axis}</svg>'
        f'<p class="faint">{escape(legend)}</p></figure>'
    )


def _column(  # noqa: PLR0913, PLR0917 - a column of cells needs these
    epoch: LayerStatisticsView, at: int, cell: float, labels: Sequence[str], value: Value, bounds: tuple[float, float]
) -> str:
    cells = "".join(
        f'<rect class="{_color(found, bounds)}" x="{NAMES + at * cell:.1f}" y="{TOP + ROW * row}" width="{cell:.1f}" '
        f'height="{ROW}"><title>{escape(_title(epoch.epoch, label, found))}</title></rect>'
        for row, label in enumerate(labels)
        for found in [_of(epoch, label, value)]
    )
    return f'<g data-epoch="{epoch.epoch}">{cells}</g>'


def _title(epoch: int, label: str, value: float | None) -> str:
    return f"Epoch {epoch:,}, {layer_name(label)}: {'none' if value is None else number(value)}"


def _color(value: float | None, bounds: tuple[float, float]) -> str:
    low, high = bounds
    if not value:
        return "none"
    place = (log10(value) - low) / (high - low) if high > low else 0.5
    return f"h{min(int(place * COLORS), COLORS - 1)}"


def _of(epoch: LayerStatisticsView, label: str, value: Value) -> float | None:
    """Return the value of a layer in an epoch; None if it has none, or 0, which has no logarithm."""
    layer = next((layer for layer in epoch.layers if layer["label"] == label), None)
    return (value(layer) or None) if layer else None
