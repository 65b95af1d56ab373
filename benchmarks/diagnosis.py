"""Measure the cost of layer statistics: the time of one measurement relative to the steps between two measurements.

    ./dev bench diagnosis

Prints microseconds per step and per measurement, the steps between measurements, and their share of the time. The share
must stay below 2 %.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.networks import NETWORKS, Timed
from benchmarks.peers import engine
from engine.diagnostics.layer_statistics import LayerMonitor

MAX_SHARE = 0.02
MIN_SECONDS = 0.5  # per timing


def best(call: Callable[[], object]) -> float:
    """Return the shortest time of at least three calls, in seconds."""
    found, end, count = float("inf"), time.perf_counter() + MIN_SECONDS, 0
    while count < 3 or time.perf_counter() < end:
        before = time.perf_counter()
        call()
        found = min(found, time.perf_counter() - before)
        count += 1
    return found


def cost(timed: Timed) -> tuple[float, float, int]:
    """Return the seconds of a step and of a measurement, and the steps between two measurements."""
    run = engine(timed)
    step = best(lambda: run(20)) / 20
    network = timed.network()
    network.allocate(max(256, timed.batch), training=True)
    x = timed.rows().x
    monitor = LayerMonitor(network, x, steps_per_epoch=len(x) // timed.batch, epochs=1)
    measurement = best(lambda: monitor.measure_layers(monitor.measure_update(lambda: None)))
    return step, measurement, monitor.period


def main() -> None:
    """Print one line per network."""
    for timed in NETWORKS:
        step, measurement, period = cost(timed)
        share = measurement / (measurement + step * period)
        cells = f"step {step * 1e6:,.0f}   measurement {measurement * 1e6:,.0f}   every {period}   {share:.2%}"
        cells += " !" * (share > MAX_SHARE)
        print(f"{timed.name}, {timed.batch}:".ljust(32), cells, flush=True)


if __name__ == "__main__":
    main()
