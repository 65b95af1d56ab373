"""Write numbers as people read them."""

from math import ceil, log10

UNITS = ((1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
MINUTE, HOUR = 60, 3600


def count(value: float) -> str:
    """Return a count: "12,345", or "1.23 billion" for large ones."""
    for size, name in UNITS:
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:,.0f}"


def number(value: float) -> str:
    """Return a number with three significant digits."""
    if value == 0 or 1e-4 <= abs(value) < 1e4:
        return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
    if abs(value) < 1e6 and abs(value) >= 1:
        return f"{value:,.0f}".replace("-", "\N{MINUS SIGN}")
    return f"{value:.2e}".replace("-", "\N{MINUS SIGN}")


def precise(value: float, step: float) -> str:
    """Return a number with so many digits that a change by `step` shows."""
    digits = 3 + max(0, ceil(log10(abs(value / step)))) if value and step else 3
    return f"{value:.{min(digits, 12)}g}".replace("-", "\N{MINUS SIGN}")


def share(value: float) -> str:
    """Return a share as a percentage: "12%", or "0.034%" for small ones."""
    percent = 100 * value
    if percent == 0 or percent >= 10:
        return f"{percent:.0f}%"
    return f"{percent:.1f}%" if percent >= 1 else f"{percent:.2g}%"


def duration(seconds: float) -> str:
    """Return a duration: "2 h 5 min", "3.2 s", "45 ms", "12 µs"."""
    if seconds >= HOUR:
        return f"{seconds // HOUR:.0f} h {seconds % HOUR // MINUTE:.0f} min"
    if seconds >= MINUTE:
        return f"{seconds // MINUTE:.0f} min {seconds % MINUTE:.0f} s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def times(factor: float) -> str:
    """Return a factor: "2.1 times", "350,000 times"."""
    return f"{count(factor)} times" if factor >= 100 else f"{factor:.2g} times"


def plural(value: float, noun: str) -> str:
    """Return a count with its noun: "1 row", "12 rows"."""
    return f"{count(value)} {noun}" if value == 1 else f"{count(value)} {noun}s"


def layer_name(label: str) -> str:
    """Return a layer as people count them: "layer 1 (dense)" for "layers[0] (dense)", "the output layer"."""
    if label == "output":
        return "the output layer"
    head, _, kind = label.partition(" ")
    if not (head.startswith("layers[") and head.endswith("]") and head.count("[") == 1):
        return label
    return f"layer {int(head[7:-1]) + 1} {kind}"
