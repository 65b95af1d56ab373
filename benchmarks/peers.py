"""The contenders: bare matrix products, the engine, PyTorch, scikit-learn and JAX, each at its fastest on one thread.

A contender is a function that trains a number of steps: forward, loss, backward, Adam, on rows in their order.
"""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.networks import Timed, products_of
from engine.spec import TrainingSpec
from engine.training.events import BatchEnd
from engine.training.loop import train
from engine.training.state import initialize_training

EPOCHS = 10_000


@dataclass(frozen=True)
class Contender:
    """A library that trains a network."""

    name: str  # of several contenders with the same name the best counts
    run: Callable[[int], object]  # trains a number of steps
    unit: int = 1  # smallest number of steps that it can run


def contenders(timed: Timed) -> Iterator[Contender]:
    """Yield the installed contenders that can train the network."""
    if timed.widths:
        yield Contender("products", products(timed))
    yield Contender("engine", engine(timed))
    if importlib.util.find_spec("torch"):
        yield Contender("torch", torch(timed, fused=True))
        yield Contender("torch", torch(timed, fused=False))
    if importlib.util.find_spec("sklearn") and timed.widths:
        yield Contender("sklearn", sklearn(timed), unit=len(timed.rows()) // timed.batch)
    if importlib.util.find_spec("jax"):
        from benchmarks.jax_networks import trained  # noqa: PLC0415 - optional

        yield Contender("jax", trained(timed, scanned=True), unit=len(timed.rows()) // timed.batch)
        yield Contender("jax", trained(timed, scanned=False))


def products(timed: Timed) -> Callable[[int], object]:
    """Return the matrix products of a step only: one forward, two backward, one for the first layer."""
    rng = np.random.default_rng(0)
    xs = [rng.standard_normal((timed.batch, width), dtype=np.float32) for width in timed.widths]
    Ws = [rng.standard_normal((b, a), dtype=np.float32) / b for a, b in products_of(timed.widths)]
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


def engine(timed: Timed) -> Callable[[int], object]:
    """Return the engine's own training loop, with layer statistics and an event per step."""
    rows, network = timed.rows(), timed.network()
    spec = TrainingSpec(batch_size=timed.batch, epochs=EPOCHS, shuffle=False)
    events = train(network, initialize_training(network, spec, rows), spec, rows)

    def run(steps: int) -> None:
        while steps:
            steps -= isinstance(next(events), BatchEnd)

    return run


def torch(timed: Timed, *, fused: bool) -> Callable[[int], object]:
    """Return PyTorch in eager mode with the module of `torch_code`. Adam is fused or runs tensor by tensor."""
    import torch as peer  # noqa: PLC0415 - optional

    peer.set_num_threads(1)
    rows = timed.rows()
    x, y = peer.from_numpy(rows.x), peer.from_numpy(rows.y)
    definitions, _, expression = timed.network().torch_code().rpartition("\n")
    names = {"torch": peer}
    exec(definitions, names)
    model, loss = eval(expression, names), peer.nn.CrossEntropyLoss()
    adam = peer.optim.Adam(model.parameters(), lr=1e-3, fused=fused, foreach=False if not fused else None)

    def run(steps: int) -> None:
        for step in range(steps):
            part = slice(step * timed.batch % len(x), step * timed.batch % len(x) + timed.batch)
            adam.zero_grad()
            loss(model(x[part]), y[part]).backward()
            adam.step()

    return run


def sklearn(timed: Timed) -> Callable[[int], object]:
    """Return scikit-learn's MLPClassifier, which trains whole epochs with partial_fit."""
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 - optional

    rows = timed.rows()
    model = MLPClassifier(timed.widths[1:-1], batch_size=timed.batch, learning_rate_init=1e-3, alpha=0.0)
    model.partial_fit(rows.x, rows.y, classes=np.arange(timed.outputs))

    def run(steps: int) -> None:
        for _ in range(steps // (len(rows) // timed.batch)):
            model.partial_fit(rows.x, rows.y)

    return run
