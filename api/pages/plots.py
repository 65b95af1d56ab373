"""Small plots as SVG, which a page contains as they are. Colors come from the page's style sheet."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 360, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 40  # margins
MAX_SERIES = 6  # colors of the style sheet

Points = Sequence[tuple[float, float]]


def plot(series: Mapping[str, Points], x_label: str, y_label: str, *, dots: bool = False) -> str:
    """Return lines, or `dots`, of each named series; nothing if there are no points."""
    shown = {name: points for name, points in list(series.items())[:MAX_SERIES] if points}
    if not shown:
        return ""
    x_range, y_range = (_range([point[axis] for points in shown.values() for point in points]) for axis in (0, 1))
    drawn = [
        _dots(points, number, x_range, y_range) if dots else _line(points, number, x_range, y_range)
        for number, points in enumerate(shown.values())
    ]
    title = f"{y_label} by {x_label}"
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{_axes(x_label, y_label, x_range, y_range)}{''.join(drawn)}</svg>{_legend(list(shown))}</figure>"
    )


def bars(values: Mapping[str, tuple[float, float]]) -> str:
    """Return horizontal bars with a whisker for the spread, the name of each on its left."""
    if not values:
        return ""
    row, names = 20, 150
    largest = max([abs(value) + spread for value, spread in values.values()] + [1e-12])
    scale = (WIDTH - names - 10) / largest
    parts = []
    for place, (name, (value, spread)) in enumerate(values.items()):
        y, end = place * row, names + max(value, 0.0) * scale
        shown = name if len(name) <= 22 else f"{name[:21]}…"
        parts.append(
            f'<text x="{names - 6}" y="{y + 14}" text-anchor="end">{escape(shown)}</text>'
            f'<rect class="bar" x="{names}" y="{y + 4}" width="{max(value, 0.0) * scale:.1f}" height="12"/>'
            f'<line class="axis" x1="{max(end - spread * scale, names):.1f}" x2="{end + spread * scale:.1f}" '
            f'y1="{y + 10}" y2="{y + 10}"/>'
        )
    height = row * len(values) + 4
    return f'<figure><svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="bars">{"".join(parts)}</svg></figure>'


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _place(
    point: tuple[float, float], x_range: tuple[float, float], y_range: tuple[float, float]
) -> tuple[float, float]:
    x = LEFT + (point[0] - x_range[0]) / (x_range[1] - x_range[0]) * (WIDTH - LEFT - RIGHT)
    y = HEIGHT - BOTTOM - (point[1] - y_range[0]) / (y_range[1] - y_range[0]) * (HEIGHT - TOP - BOTTOM)
    return x, y


def _line(points: Points, number: int, x_range: tuple[float, float], y_range: tuple[float, float]) -> str:
    placed = (_place(point, x_range, y_range) for point in points)
    return f'<polyline class="s{number}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in placed)}"/>'


def _dots(points: Points, number: int, x_range: tuple[float, float], y_range: tuple[float, float]) -> str:
    placed = (_place(point, x_range, y_range) for point in points)
    return "".join(f'<circle class="s{number}" cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in placed)


def _axes(x_label: str, y_label: str, x_range: tuple[float, float], y_range: tuple[float, float]) -> str:
    right, bottom, middle = WIDTH - RIGHT, HEIGHT - BOTTOM, (TOP + HEIGHT - BOTTOM) / 2
    return (
        f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
        f'<text x="{LEFT}" y="{bottom + 14}">{x_range[0]:.3g}</text>'
        f'<text x="{right}" y="{bottom + 14}" text-anchor="end">{x_range[1]:.3g}</text>'
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text x="{LEFT - 4}" y="{bottom}" text-anchor="end">{y_range[0]:.3g}</text>'
        f'<text x="{LEFT - 4}" y="{TOP + 10}" text-anchor="end">{y_range[1]:.3g}</text>'
        f'<text transform="rotate(-90 12 {middle})" x="12" y="{middle}" text-anchor="middle">{escape(y_label)}</text>'
    )


def _legend(names: Sequence[str]) -> str:
    if len(names) == 1:
        return ""
    entries = "".join(f'<span class="s{number}">{escape(name)}</span>' for number, name in enumerate(names))
    return f"<figcaption>{entries}</figcaption>"
