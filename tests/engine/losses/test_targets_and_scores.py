"""Losses check their targets, and have scores of their kind."""

from typing import Any

import numpy as np
import pytest

from engine.losses.build import build
from engine.spec import (
    LossSpec,
    MeanSquaredErrorSpec,
    PoissonSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SoftmaxCrossEntropySpec,
)
from tests.support.losses import THREE


@pytest.mark.parametrize(
    ("spec", "y"),
    [
        (SoftmaxCrossEntropySpec(), np.array([0, 2])),
        (SoftmaxCrossEntropySpec(), np.array([-1, 0])),
        (SoftmaxCrossEntropySpec(), np.array([0.0, 1.0])),
        (SigmoidCrossEntropySpec(), np.array([[0.0, 1.5], [1.0, 1.0]])),
        (SigmoidCrossEntropySpec(), np.array([[np.nan, 0.5], [1.0, 1.0]])),
        (MeanSquaredErrorSpec(), np.array([1.0, 2.0])),
        (MeanSquaredErrorSpec(), np.ones((2, 2, 1))),
        (PoissonSpec(), np.array([[-1.0, 2.0]])),
        (QuantileSpec(quantiles=(0.2, 0.8)), np.ones((2, 2))),
    ],
)
def test_invalid_targets_raise_an_error(spec: LossSpec, y: Any) -> None:
    with pytest.raises(ValueError, match=r"must|targets"):
        build(spec, (2,)).as_targets(y, np.dtype("float64"))


@pytest.mark.parametrize(
    "spec", [THREE, QuantileSpec(quantiles=(0.1, 0.2)), SigmoidCrossEntropySpec(positive_weight=(1.0, 2.0))]
)
def test_an_invalid_number_of_outputs_raises_an_error(spec: LossSpec) -> None:
    with pytest.raises(ValueError, match="outputs"):
        build(spec, (3,))


@pytest.mark.parametrize(
    ("spec", "logits", "y", "expected"),
    [
        (SoftmaxCrossEntropySpec(), [[1.0, 2.0], [3.0, 1.0]], [1, 1], {"accuracy": 0.5}),
        (SigmoidCrossEntropySpec(), [[1.0, -2.0], [3.0, 1.0]], [[1, 0], [0, 1]], {"accuracy": 0.75}),
        (MeanSquaredErrorSpec(), [[1.0], [3.0]], [1, 2], {"r2": -1.0, "mae": 0.5}),
        (PoissonSpec(), [[0.0], [np.log(3)]], [1, 2], {"r2": -1.0, "mae": 0.5}),
        (QuantileSpec(quantiles=(0.1, 0.6)), [[9.0, 1.0], [9.0, 3.0]], [1, 2], {"r2": -1.0, "mae": 0.5}),
    ],
    ids=["softmax", "sigmoid", "squared", "poisson", "quantile"],
)
def test_each_loss_has_the_metrics_of_its_kind(spec: LossSpec, logits: Any, y: Any, expected: dict[str, float]) -> None:
    z = np.array(logits)
    loss = build(spec, z.shape[1:])
    score = loss.score()
    score.add(z, loss.as_targets(np.array(y), z.dtype))
    assert score.metrics() == pytest.approx(expected)
    assert set(score.names) == set(expected)
