"""The range test finds a good learning rate, and does not change the weights."""

import itertools
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engine.batches import Rows
from engine.network import Network
from engine.spec import AveragingSpec, BatchNormSpec, DenseSpec, LbfgsSpec, RangeTestSpec, SgdSpec, TrainingSpec
from engine.streams import stream
from engine.training.events import BatchEnd
from engine.training.learning_rate_finder import RangeTestResult, run_range_test
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.training_runs import classifier, final, line, moons, regressor, run, small, spec


def found(network: Network, training: TrainingSpec, rows: Rows, **test: Any) -> RangeTestResult:
    result: RangeTestResult = final(run_range_test(network, training, rows, RangeTestSpec(**test)))
    return result


def test_the_suggested_rate_is_below_the_rate_of_divergence() -> None:
    """With inputs of variance 1, the loss (z - y)^2 has curvature 2, so plain gradient descent diverges at rate 1."""
    tested = found(regressor(), spec(optimizer=SgdSpec(), batch_size=200), line(), lowest=1e-4, highest=100)
    assert tested.suggested is not None
    assert 0.02 <= tested.suggested <= 0.2
    assert max(tested.rates) < 100
    assert tested.losses[-1] > min(tested.losses)


def test_the_network_keeps_its_weights_when_the_test_is_left_early() -> None:
    for left_after in (1, 7, None):
        network = classifier(DenseSpec(units=8), BatchNormSpec(), DenseSpec(units=5))
        network.initialize(stream(3, "init"))
        before = network.parameters.vector.copy()
        events = run_range_test(network, spec(), moons())
        list(itertools.islice(events, left_after))
        assert np.array_equal(network.parameters.vector, before) is (left_after is None)
        events.close()  # type: ignore[attr-defined]  # a generator
        np.testing.assert_array_equal(network.parameters.vector, before)


def test_rates_rise_geometrically_from_the_lowest_to_the_highest() -> None:
    tested = found(small(), spec(optimizer=SgdSpec()), moons(), lowest=1e-5, highest=1e-3, steps=30)
    assert (len(tested.rates), len(tested.losses)) == (30, 30)
    np.testing.assert_allclose(tested.rates, np.geomspace(1e-5, 1e-3, 30))


def test_every_batch_yields_an_event_and_the_result_comes_last() -> None:
    *batches, last = run_range_test(small(), spec(optimizer=SgdSpec()), moons(), RangeTestSpec(highest=1e-2, steps=25))
    assert len(batches) == 25
    assert all(isinstance(event, BatchEnd) for event in batches)
    assert isinstance(last, RangeTestResult)


@pytest.mark.parametrize("fields", [{}, {"frozen": (0,)}, {"averaging": AveragingSpec()}], ids=str)
def test_training_after_a_range_test_gives_the_same_bits(fields: dict[str, Any]) -> None:
    training, weights = spec(optimizer=SgdSpec(learning_rate=0.1), **fields), []
    for tested in (False, True):
        network = small()
        if tested:
            found(network, training, moons())
        list(train(network, initialize_training(network, training, moons()), training, moons()))
        weights.append(network.parameters.vector.tobytes())
    assert weights[0] == weights[1]


def test_the_range_test_is_reproducible() -> None:
    network = small()
    first = found(network, spec(), moons())
    assert found(network, spec(), moons()) == first == found(small(), spec(), moons())


def test_the_suggested_rate_learns_better_than_a_low_one() -> None:
    rate = found(small(), spec(optimizer=SgdSpec()), moons()).suggested
    losses = []
    for learning_rate in (1e-5, rate):
        _, events = run(small(), spec(epochs=10, optimizer=SgdSpec(learning_rate=learning_rate)), moons())
        losses.append(events[-2].metrics["train_loss"])
    assert losses[1] < 0.7 * losses[0]


def test_no_rate_is_suggested_if_the_loss_never_falls() -> None:
    rows = line()
    broken = Rows(rows.x * np.float32(1e30), rows.y)
    tested = found(regressor(), spec(optimizer=SgdSpec()), broken, lowest=1e-3, highest=10)
    assert (tested.rates, tested.losses) == ((), ())
    assert (tested.steepest, tested.suggested) == (None, None)
    too_high = found(regressor(), spec(optimizer=SgdSpec(), batch_size=200), line(), lowest=3, highest=1e9)
    assert len(too_high.losses) > 1
    assert (too_high.steepest, too_high.suggested) == (None, None)


@pytest.mark.parametrize(
    "fields", [{"lowest": 0.0}, {"lowest": 1.0, "highest": 0.5}, {"lowest": 1.0, "highest": 1.0}, {"steps": 9}], ids=str
)
def test_invalid_ranges_are_rejected(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RangeTestSpec(**fields)


def test_a_line_search_optimizer_is_rejected() -> None:
    with pytest.raises(ValueError, match="lbfgs"):
        next(run_range_test(small(), spec(optimizer=LbfgsSpec()), moons()))
    with pytest.raises(ValidationError, match="range_test"):
        spec(optimizer=LbfgsSpec(), range_test=RangeTestSpec())


def test_noise_gives_no_learning_rate() -> None:
    """Targets without any relation to the inputs: the loss goes up and down, but there is nothing to learn."""
    rng = np.random.default_rng(4)
    for seed in range(3):
        rows = Rows((0.01 * rng.normal(size=(400, 1))).astype(np.float32), rng.normal(size=(400, 1)).astype(np.float32))
        tested = found(regressor(inputs=1), spec(optimizer=SgdSpec(), batch_size=8, seed=seed), rows, highest=1.0)
        assert (tested.steepest, tested.suggested) == (None, None)
