"""Losses with memory, targets for them, and gradient checks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.losses.build import build
from engine.losses.loss import Loss
from engine.memory import Arena, Array, Shape
from engine.spec import (
    GammaSpec,
    HuberSpec,
    LossSpec,
    MeanAbsoluteErrorSpec,
    MeanSquaredErrorSpec,
    MultiTargetSpec,
    OrdinalSpec,
    PoissonSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SigmoidFocalSpec,
    SoftmaxCrossEntropySpec,
    SoftmaxFocalSpec,
    TargetSpec,
    TweedieSpec,
)

THREE = MultiTargetSpec(
    targets=(
        TargetSpec(outputs=3, loss=SoftmaxCrossEntropySpec(label_smoothing=0.1), weight=2.0),
        TargetSpec(outputs=1, loss=HuberSpec(), weight=0.5),
        TargetSpec(outputs=2, loss=QuantileSpec(quantiles=(0.1, 0.9))),
    )
)


SPECS: dict[str, LossSpec] = {
    "softmax": SoftmaxCrossEntropySpec(),
    "smoothed softmax": SoftmaxCrossEntropySpec(label_smoothing=0.2),
    "sigmoid": SigmoidCrossEntropySpec(),
    "smoothed sigmoid": SigmoidCrossEntropySpec(label_smoothing=0.2),
    "weighted sigmoid": SigmoidCrossEntropySpec(positive_weight=3.0, label_smoothing=0.1),
    "squared": MeanSquaredErrorSpec(),
    "absolute": MeanAbsoluteErrorSpec(),
    "huber": HuberSpec(delta=0.7),
    "quantile": QuantileSpec(quantiles=(0.3,)),
    "poisson": PoissonSpec(),
    "gamma": GammaSpec(),
    "tweedie": TweedieSpec(power=1.3),
    "softmax focal": SoftmaxFocalSpec(gamma=1.5),
    "sigmoid focal": SigmoidFocalSpec(gamma=0.5),
    "ordinal": OrdinalSpec(),
}


ONE_ANSWER = {"ordinal", "multi_target"}  # per row, not per time step


def shape_for(spec: LossSpec, shape: Shape) -> Shape:
    """Return a shape of outputs that the loss takes."""
    return (max(shape[-1], 2),) if spec.type in ONE_ANSWER else shape


def ready(spec: LossSpec, shape: Shape, rows: int, dtype: str = "float64") -> Loss:
    loss = build(spec, shape)
    loss.allocate(Arena(), rows + 2, np.dtype(dtype), training=True)
    loss.resize(rows)
    return loss


def apply(spec: LossSpec, logits: Any, y: Any, weights: list[float] | None = None) -> tuple[float, Array]:
    """Return (mean loss, gradient) in float64."""
    logits = np.array(logits, np.float64)
    loss = ready(spec, logits.shape[1:], len(logits))
    given_weights = np.ones(len(logits)) if weights is None else np.array(weights)
    with np.errstate(all="ignore"):
        targets = loss.as_targets(np.array(y), logits.dtype)
        value = loss(logits, targets, given_weights / given_weights.sum())
    return value, logits


def answers(spec: LossSpec, shape: Shape, rows: int, rng: np.random.Generator) -> Array:  # noqa: PLR0911 - by kind
    """Return random targets for a loss."""
    match spec.type:
        case "softmax_cross_entropy" | "softmax_focal":
            return rng.integers(0, shape[-1], (rows, *shape[:-1]))
        case "sigmoid_cross_entropy" | "sigmoid_focal":
            return rng.integers(0, 2, (rows, *shape)).astype(float)
        case "ordinal":
            return rng.integers(0, shape[0], rows)
        case "cox":
            return np.column_stack([rng.integers(1, 4, rows), rng.integers(0, 2, rows)]).astype(float)
        case "gamma":
            return rng.gamma(2.0, 2.0, (rows, *shape))
        case "tweedie":
            return rng.gamma(2.0, 2.0, (rows, *shape)) * rng.integers(0, 2, (rows, *shape))
        case "poisson":
            return rng.poisson(2.0, (rows, *shape)).astype(float)
        case "multi_target":
            return np.column_stack([rng.integers(0, 3, rows), rng.standard_normal((rows, 2))])
        case _:
            return rng.standard_normal((rows, *shape))


def differences(f: Callable[[Array], float], at: Array, step: float = 1e-5) -> Array:
    """Return the central differences of a function of an array."""
    found = np.empty_like(at)
    for index in np.ndindex(at.shape):
        above, below = at.copy(), at.copy()
        above[index] += step
        below[index] -= step
        found[index] = (f(above) - f(below)) / (2 * step)
    return found


def assert_gradient(spec: LossSpec, shape: Shape, rows: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    loss = ready(spec, shape, rows)
    z = rng.standard_normal((rows, *shape)) * 2
    targets = loss.as_targets(answers(spec, shape, rows, rng), z.dtype)
    weights = rng.random(rows) + 0.1
    weights /= weights.sum()
    gradient = z.copy()
    loss(gradient, targets, weights)
    numeric = differences(lambda at: loss(at, targets, weights), z)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-9)
