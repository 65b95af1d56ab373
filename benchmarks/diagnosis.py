"""What being watched costs: the time of one look at a network beside that of the steps between two looks.

    python benchmarks/diagnosis.py

Prints microseconds per step and per look, steps between looks, and the share of the time, of which the goal is 2 %.
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
from engine.diagnostics.layer_statistics import Watch

GOAL = 0.02
SECONDS = 0.5  # per measurement, at least


def best(call: Callable[[], object]) -> float:
    """Return the best seconds per call, of at least three."""
    found, end, count = float("inf"), time.perf_counter() + SECONDS, 0
    while count < 3 or time.perf_counter() < end:
        before = time.perf_counter()
        call()
        found = min(found, time.perf_counter() - before)
        count += 1
    return found


def cost(timed: Timed) -> tuple[float, float, int]:
    """Return the seconds of a step and of a look, and how many steps there are from one look to the next."""
    run = engine(timed)
    step = best(lambda: run(20)) / 20
    network = timed.network()
    network.allocate(max(256, timed.batch), training=True)
    x = timed.rows().x
    watch = Watch(network, x, steps_per_epoch=len(x) // timed.batch, epochs=1)
    look = best(lambda: watch.look(watch.update(lambda: None)))
    return step, look, watch.period


def main() -> None:
    """Print one line per network."""
    for timed in NETWORKS:
        step, look, period = cost(timed)
        share = look / (look + step * period)
        cells = f"step {step * 1e6:,.0f}   look {look * 1e6:,.0f}   every {period}   {share:.2%}{' !' * (share > GOAL)}"
        print(f"{timed.name}, {timed.batch}:".ljust(32), cells, flush=True)


if __name__ == "__main__":
    main()
