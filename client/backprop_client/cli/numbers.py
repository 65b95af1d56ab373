"""Numbers, sizes and times as people read them."""

from datetime import UTC, datetime

UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
AGES = ((86_400, "d"), (3_600, "h"), (60, "min"))


def size(count: float) -> str:
    """Return a number of bytes with a unit."""
    return next((f"{count / factor:.1f} {unit}" for factor, unit in UNITS if count >= factor), f"{count:.0f} bytes")


def duration(seconds: float) -> str:
    """Return a duration: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def age(time: str | None) -> str:
    """Return how long ago a time of the service was, in its largest unit."""
    if time is None:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
    return next((f"{seconds // unit:.0f} {name} ago" for unit, name in AGES if seconds >= unit), "now")


def value(number: float | None) -> str:
    """Return a number with four significant digits."""
    return "" if number is None else f"{number:.4g}"
