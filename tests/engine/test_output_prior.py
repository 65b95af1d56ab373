"""Networks start with what their loss prefers for all training rows together."""

from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Array
from engine.network import Network
from engine.spec import (
    DenseSpec,
    GammaSpec,
    HuberSpec,
    LossSpec,
    MeanAbsoluteErrorSpec,
    MeanSquaredErrorSpec,
    OrdinalSpec,
    PoissonSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SigmoidFocalSpec,
    SoftmaxCrossEntropySpec,
    SoftmaxFocalSpec,
    TrainingSpec,
    TweedieSpec,
)
from engine.training import checkpoint
from engine.training.fine_tuning import transfer_weights
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.losses import THREE

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
AMOUNTS, CLASSES = RNG.gamma(2, 3, 60), RNG.choice(3, 60, p=[0.6, 0.3, 0.1])
WEIGHTS = RNG.integers(1, 4, 60).astype(float)
REPEATED = np.repeat(AMOUNTS, WEIGHTS.astype(int))
MEAN = float(REPEATED.mean())
SHARES = np.bincount(np.repeat(CLASSES, WEIGHTS.astype(int))) / WEIGHTS.sum()


def started(loss: LossSpec, y: Array, outputs: int, **training: Any) -> Network:
    network = Network([DenseSpec(units=4)], inputs=3, outputs=outputs, loss=loss, precision="float64")
    initialize_training(network, TrainingSpec(**training), Rows(X, y, WEIGHTS))
    return network


@pytest.mark.parametrize(
    ("loss", "y", "expected"),
    [
        (SoftmaxCrossEntropySpec(label_smoothing=0.1), CLASSES, SHARES),
        (SoftmaxFocalSpec(), CLASSES, SHARES),
        (OrdinalSpec(), CLASSES, SHARES),
        (SigmoidCrossEntropySpec(label_smoothing=0.1), CLASSES > 0, [1 - SHARES[0]]),
        (SigmoidFocalSpec(), CLASSES > 0, [1 - SHARES[0]]),
        (MeanSquaredErrorSpec(), AMOUNTS, [MEAN]),
        (MeanAbsoluteErrorSpec(), AMOUNTS, [np.median(REPEATED)]),
        (HuberSpec(delta=1e6), AMOUNTS, [MEAN]),
        (HuberSpec(delta=1e-3), AMOUNTS, [np.median(REPEATED)]),
        (QuantileSpec(quantiles=(0.1, 0.9)), AMOUNTS, np.quantile(REPEATED, (0.1, 0.9), method="inverted_cdf")),
        (PoissonSpec(), AMOUNTS, [MEAN]),
        (GammaSpec(), AMOUNTS, [MEAN]),
        (TweedieSpec(), AMOUNTS, [MEAN]),
    ],
    ids=lambda value: value.type if isinstance(value, SoftmaxCrossEntropySpec) else None,
)
def test_an_untrained_network_answers_with_the_weighted_prior(loss: LossSpec, y: Array, expected: Any) -> None:
    y = y.astype(float) if y.dtype == bool else y
    network = started(loss, y, len(expected), output_initializer="zeros")
    tolerance = 1e-2 if loss == HuberSpec(delta=1e-3) else 1e-9
    np.testing.assert_allclose(network.predict(X[:2]), [expected, expected], rtol=tolerance)
    by_default = started(loss, y, len(expected)).parameters.values
    assert by_default["2.weight"].any()
    assert by_default["2.bias"].tolist() == network.parameters.values["2.bias"].tolist()


def test_class_weights_and_positive_weights_change_the_prior() -> None:
    balanced = started(SoftmaxCrossEntropySpec(), CLASSES, 3, class_weight="balanced", output_initializer="zeros")
    np.testing.assert_allclose(balanced.predict(X[:1]), np.full((1, 3), 1 / 3), rtol=1e-9)
    no, yes = SHARES[0], 5 * (1 - SHARES[0])
    weighted = started(
        SigmoidCrossEntropySpec(positive_weight=5), (CLASSES > 0).astype(float), 1, output_initializer="zeros"
    )
    np.testing.assert_allclose(weighted.predict(X[:1]), [[yes / (yes + no)]], rtol=1e-9)


def test_each_of_several_targets_has_its_prior() -> None:
    y = np.column_stack([CLASSES, AMOUNTS, AMOUNTS])
    found = started(THREE, y, 6, output_initializer="zeros").predict(X[:1])[0]
    np.testing.assert_allclose(found[:3], SHARES, rtol=1e-9)
    np.testing.assert_allclose(found[4:], np.quantile(REPEATED, (0.1, 0.9), method="inverted_cdf"), rtol=1e-9)


def test_a_class_without_rows_has_a_small_finite_chance() -> None:
    for loss in (SoftmaxCrossEntropySpec(), OrdinalSpec()):
        found = started(loss, np.minimum(CLASSES, 1), 3, output_initializer="zeros").predict(X[:1])[0]
        assert 0 < found[2] < found[1]


def test_a_random_start_and_reused_output_layers_stay_as_they_are() -> None:
    random = started(MeanSquaredErrorSpec(), AMOUNTS, 1, output_start="random")
    assert random.parameters.values["2.bias"].item() == 0
    for head in (True, False):
        again = started_from(random, head=head)
        assert again.parameters.values["2.bias"].item() == pytest.approx(0 if head else MEAN)


def started_from(source: Network, *, head: bool) -> Network:
    network = Network(source.specs, inputs=3, outputs=1, loss=source.loss.spec, precision="float64")
    transfer_weights(network, source.torch_state(), seed=1, head=head)
    initialize_training(network, TrainingSpec(), Rows(X, AMOUNTS, WEIGHTS))
    return network


def test_a_run_continues_from_a_checkpoint_of_its_start() -> None:
    settings, rows = TrainingSpec(epochs=2), Rows(X, AMOUNTS, WEIGHTS)
    ends = []
    for stop in (False, True):
        network = Network([DenseSpec(units=4)], inputs=3, outputs=1, loss="poisson", precision="float32")
        state = initialize_training(network, settings, rows)
        if stop:
            dumped = checkpoint.dump(state)
            network = Network(network.specs, inputs=3, outputs=1, loss="poisson", precision="float32")
            state = checkpoint.load(dumped, network, settings, rows)
        list(train(network, state, settings, rows))
        ends.append(network.parameters.vector.tobytes())
    assert ends[0] == ends[1]
