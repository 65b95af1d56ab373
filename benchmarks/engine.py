"""Time one training step of the engine beside its bare matrix products and, where installed, its peers.

    OPENBLAS_NUM_THREADS=1 python benchmarks/engine.py [--rows 1-5] [--repeats 7]

Peers come with the dependency group `peers`. All run in float32 on one thread, interleaved, and the best of the
repeats counts, so that a busy machine disturbs all of them alike. A step is forward, loss, backward, Adam, on
rows in their own order.
"""

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from engine.network import Network
from engine.spec import DenseSpec, TrainingSpec
from engine.training import Heartbeat, Rows, start, train

NETWORKS = [
    ((30, 64, 32, 2), 32),
    ((100, 256, 128, 10), 64),
    ((784, 100, 10), 32),
    ((784, 100, 10), 128),
    ((784, 512, 512, 10), 128),
    ((1024, 2048, 2048, 1000), 512),
]
SAMPLE_SECONDS = 0.15  # per repeat, at least
Steps = Callable[[int], object]


def data(widths: tuple[int, ...], batch: int) -> Rows:
    """Make up as many rows as fill 20 batches, or 4 of the big ones."""
    rng = np.random.default_rng(0)
    rows = batch * (20 if batch < 512 else 4)
    x = rng.standard_normal((rows, widths[0]), dtype=np.float32)
    return Rows(x, rng.integers(0, widths[-1], rows))


def products(widths: tuple[int, ...], batch: int) -> Steps:
    """Only the matrix products of a step: one forward, two backward, one for the first layer."""
    rng = np.random.default_rng(0)
    xs = [rng.standard_normal((batch, width), dtype=np.float32) for width in widths]
    Ws = [rng.standard_normal((b, a), dtype=np.float32) / b for a, b in pairwise(widths)]
    dWs = [np.empty_like(W) for W in Ws]

    def run(steps: int) -> None:
        for _ in range(steps):
            for index, W in enumerate(Ws):
                np.dot(xs[index], W.T, out=xs[index + 1])
            for index in reversed(range(len(Ws))):
                np.dot(xs[index + 1].T, xs[index], out=dWs[index])
                if index:
                    np.dot(xs[index + 1], Ws[index], out=xs[index])

    return run


def engine(widths: tuple[int, ...], batch: int) -> Steps:
    """The engine's own training loop, a heartbeat per step."""
    rows = data(widths, batch)
    layers = [DenseSpec(units=units) for units in widths[1:-1]]
    spec = TrainingSpec(batch_size=batch, epochs=10_000, shuffle=False)
    network = Network(layers, inputs=widths[0], outputs=widths[-1], loss="softmax_cross_entropy", precision="float32")
    events = train(network, start(network, spec, rows), spec, rows)

    def run(steps: int) -> None:
        while steps:
            steps -= isinstance(next(events), Heartbeat)

    return run


def torch(widths: tuple[int, ...], batch: int) -> Steps:
    """PyTorch in eager mode with its fused Adam."""
    import torch as peer  # noqa: PLC0415 - optional

    peer.set_num_threads(1)
    rows = data(widths, batch)
    x, y = peer.from_numpy(rows.x), peer.from_numpy(rows.y)
    modules: list[peer.nn.Module] = []
    for inputs, outputs in pairwise(widths):
        modules += [peer.nn.Linear(inputs, outputs), peer.nn.ReLU()]
    model, loss = peer.nn.Sequential(*modules[:-1]), peer.nn.CrossEntropyLoss()
    adam = peer.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def run(steps: int) -> None:
        for step in range(steps):
            part = slice(step * batch % len(x), step * batch % len(x) + batch)
            adam.zero_grad()
            loss(model(x[part]), y[part]).backward()
            adam.step()

    return run


def sklearn(widths: tuple[int, ...], batch: int) -> Steps:
    """scikit-learn's MLPClassifier, whole epochs by partial_fit."""
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 - optional

    rows = data(widths, batch)
    model = MLPClassifier(widths[1:-1], batch_size=batch, learning_rate_init=1e-3, alpha=0.0)
    model.partial_fit(rows.x, rows.y, classes=np.arange(widths[-1]))
    per_epoch = len(rows) // batch

    def run(steps: int) -> None:
        for _ in range(max(1, round(steps / per_epoch))):
            model.partial_fit(rows.x, rows.y)

    run.granularity = per_epoch  # type: ignore[attr-defined]
    return run


def jax(widths: tuple[int, ...], batch: int) -> Steps:
    """JAX, an epoch of Adam steps in one jitted scan."""
    import jax as peer  # noqa: PLC0415 - optional
    import jax.numpy as jnp  # noqa: PLC0415 - optional

    rows = data(widths, batch)
    per_epoch = len(rows) // batch
    x = jnp.asarray(rows.x).reshape(per_epoch, batch, -1)
    y = jnp.asarray(rows.y).reshape(per_epoch, batch)
    rng = np.random.default_rng(0)
    weights = [
        (jnp.asarray(rng.standard_normal((a, b), dtype=np.float32) / a**0.5), jnp.zeros(b, np.float32))
        for a, b in pairwise(widths)
    ]

    def loss(weights, x, y):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - traced by JAX
        for W, b in weights[:-1]:
            x = peer.nn.relu(x @ W + b)
        logits = peer.nn.log_softmax(x @ weights[-1][0] + weights[-1][1])
        return -logits[jnp.arange(batch), y].mean()

    def step(carry, xy):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - traced by JAX
        p, m, v, t = carry
        g, each = peer.grad(loss)(p, *xy), peer.tree.map
        t, m = t + 1, each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        size, root = 1e-3 / (1 - 0.9**t), 1 - 0.999**t
        return (each(lambda p, m, v: p - size * m / (jnp.sqrt(v / root) + 1e-8), p, m, v), m, v, t), None

    epoch = peer.jit(lambda carry: peer.lax.scan(step, carry, (x, y))[0])
    zeros = peer.tree.map(jnp.zeros_like, weights)
    state = [(weights, zeros, zeros, jnp.zeros((), np.float32))]

    def run(steps: int) -> None:
        for _ in range(max(1, round(steps / per_epoch))):
            state[0] = epoch(state[0])
        peer.block_until_ready(state[0])

    run.granularity = per_epoch  # type: ignore[attr-defined]
    return run


def seconds_per_step(run: Steps, steps: int) -> float:
    """Time a number of steps, rounded to what the contender can do at once."""
    unit = getattr(run, "granularity", 1)
    steps = max(1, round(steps / unit)) * unit
    before = time.perf_counter()
    run(steps)
    return (time.perf_counter() - before) / steps


def contenders() -> Iterator[tuple[str, Callable[[tuple[int, ...], int], Steps]]]:
    """Yield whoever is installed; the first two always are."""
    yield from (("products", products), ("engine", engine))
    for name, module, make in (("torch", "torch", torch), ("sklearn", "sklearn", sklearn), ("jax", "jax", jax)):
        if importlib.util.find_spec(module):
            yield name, make


def main() -> None:
    """Print one line per network: microseconds, and each contender's ratio to the engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", default="1-6", help="which networks, such as 1-5 or 3")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    first, _, last = options.rows.partition("-")
    for widths, batch in NETWORKS[int(first) - 1 : int(last or first)]:
        runs = {name: make(widths, batch) for name, make in contenders()}
        steps = {name: max(1, int(SAMPLE_SECONDS / seconds_per_step(run, 3))) for name, run in runs.items()}
        best = dict.fromkeys(runs, float("inf"))
        for _ in range(options.repeats):
            for name, run in runs.items():
                best[name] = min(best[name], seconds_per_step(run, steps[name]))
        cells = [f"{name} {t * 1e6:,.0f} ({t / best['engine']:.2f})" for name, t in best.items()]
        print(f"{'-'.join(map(str, widths))}, {batch}:".ljust(28), "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
