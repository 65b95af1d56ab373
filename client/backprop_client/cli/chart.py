"""Curves in a terminal, drawn with Braille characters: each has two by four dots."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

BLANK = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of a character
LABEL_WIDTH = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve; None where it has no value."""

    name: str
    color: str
    values: Sequence[float | None]


def chart(curves: Sequence[Curve], width: int, height: int) -> Text:
    """Return the curves over the whole width, with the highest and the lowest value at the left.

    The first twentieth of a long curve does not count for the highest value, because losses begin far above the rest.
    """
    finite = [
        value
        for curve in curves
        for value in curve.values[len(curve.values) // 20 :]
        if value is not None and math.isfinite(value)
    ]
    if not finite:
        return Text()
    low, high = min(finite), max(finite)
    cells: dict[tuple[int, int], tuple[int, str]] = {}
    columns = max(2, width - LABEL_WIDTH - 2)
    for curve in curves:
        for row, column, bits in _dots(curve.values, low, high, columns, height):
            known, _ = cells.get((row, column), (0, ""))
            cells[row, column] = (known | bits, curve.color)
    return _text(cells, {0: high, height - 1: low}, columns, height)


def _dots(
    values: Sequence[float | None], low: float, high: float, columns: int, height: int
) -> list[tuple[int, int, int]]:
    """Return the dots of a curve as rows and columns of characters, and bits within them."""
    found = []
    above: int | None = None
    for x in range(2 * columns):
        value = _value_at(values, x / (2 * columns - 1))
        if value is None:
            above = None
            continue
        y = max(0, round((high - value) / ((high - low) or 1.0) * (4 * height - 1)))
        reached = range(min(y, y if above is None else above), max(y, y if above is None else above) + 1)
        found += [(each // 4, x // 2, DOTS[each % 4][x % 2]) for each in reached]
        above = y
    return found


def _value_at(values: Sequence[float | None], position: float) -> float | None:
    """Return the value at a position from 0 to 1, between the nearest two."""
    if not values:
        return None
    exact = position * (len(values) - 1)
    left, right = values[math.floor(exact)], values[math.ceil(exact)]
    if left is None or right is None or not (math.isfinite(left) and math.isfinite(right)):
        return None
    return left + (right - left) * (exact - math.floor(exact))


def _text(cells: dict[tuple[int, int], tuple[int, str]], labels: dict[int, float], columns: int, height: int) -> Text:
    text = Text()
    for row in range(height):
        label = f"{labels[row]:.4g}" if row in labels else ""
        text.append(f"{label:>{LABEL_WIDTH}} │", style="dim")
        for column in range(columns):
            bits, color = cells.get((row, column), (0, ""))
            text.append(chr(BLANK + bits) if bits else " ", style=color)
        text.append("\n")
    return text[:-1]
