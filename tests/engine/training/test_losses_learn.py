"""Every loss learns its kind of target: labels, several targets, quantiles, counts, outliers."""

from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Array
from engine.network import Network
from engine.spec import (
    AdamSpec,
    DenseSpec,
    HuberSpec,
    LossName,
    LossSpec,
    MeanSquaredErrorSpec,
    MultiTargetSpec,
    QuantileSpec,
    SgdSpec,
    SigmoidCrossEntropySpec,
    SoftmaxCrossEntropySpec,
    TargetSpec,
)
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.training_runs import epochs, run, spec

X = np.random.default_rng(0).uniform(-1, 1, (600, 2)).astype(np.float32)


def fitted(loss: LossName | LossSpec, outputs: int, y: Array, *layers: DenseSpec, **fields: Any) -> tuple[Network, Any]:
    """Return a network trained on X and y, and the metrics of its last epoch on the same rows."""
    network = Network(layers, inputs=2, outputs=outputs, loss=loss, precision="float32")
    training = spec(**{"epochs": 60, "optimizer": AdamSpec(learning_rate=0.01), **fields})
    _, events = run(network, training, Rows(X, y), Rows(X, y))
    return network, epochs(events)[-1]


def test_several_labels_are_learned_at_once() -> None:
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0.5, X.sum(axis=1) > 0]).astype(float)
    network, metrics = fitted("sigmoid_cross_entropy", 3, y)
    assert metrics["val_accuracy"] > 0.95
    assert ((network.predict(X) > 0.5) == y).mean() > 0.95


def test_one_network_learns_a_class_and_a_number() -> None:
    y = np.column_stack([(X[:, 0] > 0).astype(int) + (X[:, 1] > 0), 3 * X[:, 0] - X[:, 1]])
    loss = MultiTargetSpec(
        targets=(
            TargetSpec(outputs=3, loss=SoftmaxCrossEntropySpec()),
            TargetSpec(outputs=1, loss=MeanSquaredErrorSpec(), weight=0.5),
        )
    )
    network, metrics = fitted(loss, 4, y, DenseSpec(units=16))
    assert metrics["val_accuracy"] > 0.93
    assert metrics["val_r2"] > 0.98
    found = network.predict(X)
    np.testing.assert_allclose(found[:, :3].sum(axis=1), 1, rtol=1e-5)
    assert (found[:, :3].argmax(axis=1) == y[:, 0]).mean() == metrics["val_accuracy"]


def test_quantiles_cover_their_share_of_rows() -> None:
    y = X[:, 0] + (0.2 + np.abs(X[:, 0])) * np.random.default_rng(1).standard_normal(600)
    network, _ = fitted(QuantileSpec(quantiles=(0.1, 0.5, 0.9)), 3, y, DenseSpec(units=16), epochs=120)
    below = (y[:, None] <= network.predict(X)).mean(axis=0)
    np.testing.assert_allclose(below, [0.1, 0.5, 0.9], atol=0.04)
    widths = np.diff(network.predict(np.array([[0, 0], [0.9, 0]], np.float32))[:, ::2], axis=1)[:, 0]
    assert widths[1] > 2 * widths[0]


def test_poisson_learns_the_rates_of_counts() -> None:
    rates = np.exp(1 + X[:, 0])
    network, _ = fitted("poisson", 1, np.random.default_rng(2).poisson(rates))
    assert np.corrcoef(network.predict(X)[:, 0], rates)[0, 1] > 0.99
    assert abs(network.predict(X).mean() - rates.mean()) < 0.2


@pytest.mark.parametrize("seed", range(4))
def test_poisson_recovers_from_rates_that_are_far_too_high(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tail = rng.standard_t(1.7, 1_000)
    x = np.stack([tail / tail.std(), rng.standard_normal(1_000)], axis=1).astype(np.float32)
    y = rng.poisson(2 + np.minimum(np.abs(tail), 300)).astype(float)
    network = Network((DenseSpec(units=32),), inputs=2, outputs=1, loss="poisson", precision="float32")
    training = spec(epochs=30, batch_size=32, optimizer=AdamSpec(learning_rate=0.01), seed=seed)
    assert run(network, training, Rows(x, y))[1][-1].reason == "epochs_done"


def test_a_rate_that_overflows_has_a_finite_loss() -> None:
    network = Network((), inputs=1, outputs=1, loss="poisson", precision="float32")
    network.load_torch_state({"0.weight": np.ones((1, 1)), "0.bias": np.zeros(1)})
    state = initialize_training(
        network, spec(epochs=1, optimizer=SgdSpec(learning_rate=1e-9)), Rows(np.ones((4, 1)), np.ones(4))
    )
    outlier = Rows(np.full((3, 1), 500.0), np.ones(3))
    *_, end, stopped = train(
        network,
        state,
        spec(epochs=1, optimizer=SgdSpec(learning_rate=1e-9)),
        Rows(np.ones((4, 1)), np.ones(4)),
        outlier,
    )
    assert stopped.reason == "epochs_done"
    assert np.isfinite(list(end.metrics.values())).all()
    assert np.isfinite(network.predict(outlier.x)).all()


def test_huber_and_absolute_error_resist_outliers() -> None:
    y = 2 * X[:, 0]
    y[::20] += 100
    errors = {}
    for name, loss in {
        "squared": MeanSquaredErrorSpec(),
        "huber": HuberSpec(),
        "median": "mean_absolute_error",
    }.items():
        network, _ = fitted(loss, 1, y, epochs=100, optimizer=AdamSpec(learning_rate=0.03))  # type: ignore[arg-type]
        errors[name] = np.abs(network.predict(X)[:, 0] - 2 * X[:, 0]).mean()
    assert errors["squared"] > 2
    assert errors["huber"] < 0.2
    assert errors["median"] < 0.05


def test_label_smoothing_keeps_probabilities_away_from_0_and_1() -> None:
    y = (X[:, 0] > 0).astype(int)
    found = []
    for smoothing in (0.0, 0.2):
        network, _ = fitted(SoftmaxCrossEntropySpec(label_smoothing=smoothing), 2, y, DenseSpec(units=8))
        found.append(network.predict(X).max(axis=1).mean())
    assert found[0] > 0.93
    assert found[1] < 0.91


def test_a_positive_weight_predicts_a_rare_label_more_often() -> None:
    y = (np.random.default_rng(3).random((600, 1)) < 0.1 + 0.2 * (X[:, :1] > 0)).astype(float)
    losses = (SigmoidCrossEntropySpec(), SigmoidCrossEntropySpec(positive_weight=(4.0,)))
    shares = [(fitted(loss, 1, y)[0].predict(X) > 0.5).mean() for loss in losses]
    assert shares[0] < 0.05
    assert 0.3 < shares[1] < 0.7
