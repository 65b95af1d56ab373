"""Time a training step of the engine next to its bare matrix products and, if installed, other libraries.

    ./dev bench engine [--rows 1-6] [--repeats 60] [--all]

The other libraries are in the dependency group `peers`. All run in float32 on one thread, interleaved, each after
warm-up steps. The best of the repeats counts, so a busy machine affects all of them equally. OpenBLAS chooses its
kernels by the CPU; OPENBLAS_CORETYPE is ignored. A step is forward, loss, backward, Adam.

The output is microseconds per step, the ratio to the engine's time, and the goal in parentheses. For torch and sklearn
the ratio is their time divided by the engine's (goal: at least); for jax and the products it is the engine's time
divided by theirs (goal: at most). "!" marks a missed goal. `--all` also prints the tables of layers.py and
linearity.py.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.pop("OPENBLAS_CORETYPE", None)  # choose kernels by the CPU, as the other libraries do
os.environ.pop("OPENBLAS_L2_SIZE", None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.networks import NETWORKS, Timed
from benchmarks.peers import Contender, contenders

SAMPLE_SECONDS = 0.01  # per repeat: short enough to run without interruption by other processes
LARGE = 500_000  # numbers in a batch; for larger batches a tenth of the repeats is enough
WITHIN = ("jax", "products")  # compared the other way round: goals limit the time of the engine relative to theirs


def seconds_per_step(contender: Contender, steps: int) -> float:
    """Time steps after half as many warm-up steps; the number is rounded to what the contender runs at once."""
    steps = max(1, round(steps / contender.unit)) * contender.unit
    contender.run(max(contender.unit, steps // 2))
    before = time.perf_counter()
    contender.run(steps)
    return (time.perf_counter() - before) / steps


def race(timed: Timed, repeats: int) -> dict[str, float]:
    """Return the best seconds per step of each contender."""
    racing = list(contenders(timed))
    for contender in racing:
        seconds_per_step(contender, 1)  # compile, touch memory
    steps = [max(1, int(SAMPLE_SECONDS / seconds_per_step(contender, 1))) for contender in racing]
    best = {contender.name: float("inf") for contender in racing}
    for _ in range(repeats if timed.inputs * timed.batch < LARGE else max(3, repeats // 10)):
        for contender, count in zip(racing, steps, strict=True):
            best[contender.name] = min(best[contender.name], seconds_per_step(contender, count))
    return best


def cell(name: str, best: dict[str, float], goals: dict[str, float]) -> str:
    """Return the time of a contender; for others than the engine also the ratio, its goal and whether it is missed."""
    text = f"{name} {best[name] * 1e6:,.0f}"
    if name == "engine":
        return text
    ratio = best["engine"] / best[name] if name in WITHIN else best[name] / best["engine"]
    if name not in goals:
        return f"{text} {ratio:.2f}"
    missed = ratio > goals[name] if name in WITHIN else ratio < goals[name]
    return f"{text} {ratio:.2f} ({'<=' if name in WITHIN else '>='} {goals[name]:g}){' !' * missed}"


def main() -> None:
    """Print one line per network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", default=f"1-{len(NETWORKS)}", help="which networks, such as 1-5 or 3")
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--all", action="store_true", help="also time each layer, and steps by number of weights")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the only way to limit JAX to one thread
    first, _, last = options.rows.partition("-")
    for timed in NETWORKS[int(first) - 1 : int(last or first)]:
        best = race(timed, options.repeats)
        cells = [cell(name, best, timed.goals) for name in best]
        print(f"{timed.name}, {timed.batch}:".ljust(32), "   ".join(cells), flush=True)
    for script in (["layers.py"], ["linearity.py", "--plot", os.devnull]) if options.all else ():
        print(f"\n{script[0]}", flush=True)
        subprocess.run([sys.executable, "-P", Path(__file__).with_name(script[0]), *script[1:]], check=True)


if __name__ == "__main__":
    main()
