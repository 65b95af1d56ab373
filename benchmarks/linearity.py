"""Time a training step against the number of weights, from 10^4 to 10^8: a table, the slope, and a plot.

    ./dev bench linearity [--largest 100000000] [--plot linearity.svg]

The networks have two hidden layers of equal width and as many inputs. A step is forward, loss, backward, Adam on 64
rows in float32 on one thread. The slope is that of the least-squares line through the logarithms. 1 is linear; a
smaller slope means that fixed costs per step still matter.
"""

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.pop("OPENBLAS_CORETYPE", None)  # choose kernels by the CPU, as the other libraries do
os.environ.pop("OPENBLAS_L2_SIZE", None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from engine.batches import Rows
from engine.network import Network
from engine.spec import DenseSpec, TrainingSpec
from engine.training.events import BatchEnd
from engine.training.loop import train
from engine.training.state import initialize_training

BATCH = 64  # rows
OUTPUTS = 10
SMALLEST = 10_000  # weights
PER_DECADE = 2
GOAL = 1.02
SAMPLE_SECONDS = 0.3  # per repeat, at least


def seconds_per_step(width: int, repeats: int) -> tuple[int, float]:
    """Return the number of weights and the best time per step."""
    layers = [DenseSpec(units=width)] * 2
    network = Network(layers, inputs=width, outputs=OUTPUTS, loss="softmax_cross_entropy", precision="float32")
    rng = np.random.default_rng(0)
    rows = Rows(rng.standard_normal((4 * BATCH, width), dtype=np.float32), rng.integers(0, OUTPUTS, 4 * BATCH))
    spec = TrainingSpec(batch_size=BATCH, epochs=10_000, shuffle=False)
    events = train(network, initialize_training(network, spec, rows), spec, rows)

    def run(steps: int) -> float:
        before = time.perf_counter()
        done = 0
        while done < steps:
            done += isinstance(next(events), BatchEnd)
        return (time.perf_counter() - before) / steps

    steps = max(1, int(SAMPLE_SECONDS / max(run(1), run(1))))
    return network.parameters.size, min(run(steps) for _ in range(repeats))


def slope(points: list[tuple[float, float]]) -> float:
    """Return the slope of the line through the logarithms."""
    x, y = np.log([[weights, seconds] for weights, seconds in points]).T
    return float(np.polyfit(x, y, 1)[0])


class Chart:
    """An SVG chart with logarithmic axes in whole powers of ten."""

    left, top, width, height = 70, 30, 560, 400

    def __init__(self, points: list[tuple[float, float]]) -> None:
        (self.low_x, self.high_x), (self.low_y, self.high_y) = (
            (math.floor(math.log10(min(axis))), math.ceil(math.log10(max(axis)))) for axis in zip(*points, strict=True)
        )
        self.parts = [self._box(), *self._numbers()]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the position of a point in the chart."""
        right = (math.log10(x) - self.low_x) / (self.high_x - self.low_x)
        up = (math.log10(y) - self.low_y) / (self.high_y - self.low_y)
        return self.left + self.width * right, self.top + self.height * (1 - up)

    def line(self, points: list[tuple[float, float]], color: str) -> None:
        """Draw straight lines from point to point."""
        places = " L".join("{:.1f} {:.1f}".format(*self.at(*point)) for point in points)
        self.parts.append(f'<path d="M{places}" stroke="{color}" stroke-width="2" fill="none"/>')

    def dots(self, points: list[tuple[float, float]], color: str) -> None:
        """Draw a dot at each point."""
        for x, y in (self.at(*point) for point in points):
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>')

    def picture(self, title: str) -> str:
        """Return the SVG document."""
        start = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 470" font-family="sans-serif" font-size="13">'
        return "\n".join([start, f'<text x="{self.left}" y="20">{title}</text>', *self.parts, "</svg>\n"])

    def _box(self) -> str:
        place = f'x="{self.left}" y="{self.top}" width="{self.width}" height="{self.height}"'
        return f'<rect {place} fill="none" stroke="gray"/>'

    def _numbers(self) -> Iterator[str]:
        for power in range(self.low_x, self.high_x + 1):
            x, y = self.at(10.0**power, 10.0**self.low_y)
            yield f'<text x="{x:.0f}" y="{y + 18:.0f}" text-anchor="middle">10^{power}</text>'
        for power in range(self.low_y, self.high_y + 1):
            x, y = self.at(10.0**self.low_x, 10.0**power)
            yield f'<text x="{x - 8:.0f}" y="{y + 4:.0f}" text-anchor="end">10^{power}</text>'


def plot(points: list[tuple[float, float]]) -> str:
    """Return a chart of the points, and a line of slope 1 through the last one."""
    weights, seconds = points[-1]
    straight = [(points[0][0], seconds * points[0][0] / weights), (weights, seconds)]
    chart = Chart(points + straight)
    chart.line(straight, "silver")
    chart.line(points, "steelblue")
    chart.dots(points, "steelblue")
    return chart.picture(f"Seconds per training step by number of weights: slope {slope(points):.3f} (gray: 1)")


def main() -> None:
    """Print a line per network, then the slope; write the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--largest", type=int, default=100_000_000, help="number of weights")
    parser.add_argument("--plot", type=Path, default=Path("linearity.svg"))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    count = round(PER_DECADE * math.log10(options.largest / SMALLEST)) + 1
    points: list[tuple[float, float]] = []
    for weights in np.geomspace(SMALLEST, options.largest, count):
        size, seconds = seconds_per_step(round((weights / 2) ** 0.5), options.repeats)
        points.append((size, seconds))
        print(f"{size:>12,} weights {seconds * 1e6:>12,.0f} us {seconds / size * 1e9:>8.2f} ns per weight", flush=True)
    found = slope(points)
    print(f"slope {found:.3f} (<= {GOAL}){' !' * (found > GOAL)}")
    options.plot.write_text(plot(points))


if __name__ == "__main__":
    main()
