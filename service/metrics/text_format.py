"""The text format of Prometheus: the lines of gauges, counters and histograms.

See https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SUM, INFINITY = "sum", "+Inf"  # keys of a histogram, besides its bounds
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Labels = tuple[str, ...]  # the values of the labels


def gauge(name: str, text: str, values: Mapping[Labels, float], labels: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines of a number that may fall."""
    yield _head(name, text, "gauge")
    for each, value in values.items():
        yield f"{name}{_braces(_pairs(labels, each))} {float(value)}\n"


def counter(name: str, text: str, values: Mapping[Labels, float], labels: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines of a number that only grows."""
    yield _head(f"{name}_total", text, "counter")
    for each, value in values.items():
        yield f"{name}_total{_braces(_pairs(labels, each))} {value}\n"


def histogram(
    name: str, text: str, values: Mapping[Labels, Mapping[str, float]], labels: Sequence[str], bounds: Sequence[str]
) -> Iterator[str]:
    """Yield the lines of a histogram: how many values are at most each bound. `values`: counts by bound, and a sum."""
    yield _head(name, text, "histogram")
    bounds = (*bounds, INFINITY)
    for each, counts in values.items():
        pairs = _pairs(labels, each)
        totals = list(accumulate(counts.get(bound, 0.0) for bound in bounds))
        begin = f'{name}_bucket{{{pairs}{"," if pairs else ""}le="'
        for bound, total in zip(bounds, totals, strict=True):
            yield f'{begin}{bound}"}} {total}\n'
        yield f"{name}_sum{_braces(pairs)} {counts.get(SUM, 0.0)}\n"
        yield f"{name}_count{_braces(pairs)} {totals[-1]}\n"


def _head(name: str, text: str, kind: str) -> str:
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def _pairs(labels: Sequence[str], values: Labels) -> str:
    return ",".join(f'{label}="{value.translate(ESCAPED)}"' for label, value in zip(labels, values, strict=True))


def _braces(pairs: str) -> str:
    return f"{{{pairs}}}" if pairs else ""
