"""Training with L-BFGS: one step per epoch, and the accepted point of the line search is kept."""

import numpy as np
import pytest

from engine.spec import EarlyStoppingSpec, LbfgsSpec, RegularizationSpec
from engine.streams import stream
from engine.training.events import EpochEnd
from engine.training.loop import train
from engine.training.regularization import Penalty
from engine.training.state import final_parameters, initialize_training
from tests.support.training_runs import exact, moons, run, spec


def test_lbfgs_steps_once_per_epoch_for_any_batch_size() -> None:
    losses = []
    for batch_size in (100, 16):
        settings = spec(precision="float64", optimizer=LbfgsSpec(), batch_size=batch_size, epochs=25)
        state, events = run(exact(), settings, moons(100))
        losses.append([event.metrics["train_loss"] for event in events if isinstance(event, EpochEnd)])
        assert state.step == 25
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
    assert losses[0][-1] < 0.1 * losses[0][0]


def test_lbfgs_keeps_the_best_point_it_evaluated() -> None:
    network = exact()
    settings = spec(precision="float64", optimizer=LbfgsSpec(learning_rate=1e6), batch_size=100, epochs=12)
    state, events = run(network, settings, moons(100))
    right = network.predict(moons(100).x)[np.arange(100), moons(100).y]
    assert -np.log(right).mean() == pytest.approx(state.optimizer.scalars["loss"])
    assert events[-1].reason == "epochs_done"
    assert all(np.isfinite(list(event.metrics.values())).all() for event in events if isinstance(event, EpochEnd))


def test_stopping_within_a_line_search_keeps_the_accepted_point() -> None:
    network, rows = exact(), moons(100)
    settings = spec(precision="float64", optimizer=LbfgsSpec(learning_rate=1e6), batch_size=100, epochs=12)
    state = initialize_training(network, settings, rows)
    searching = 0
    for _ in train(network, state, settings, rows):
        on_trial, kept = network.parameters.vector.copy(), final_parameters(state).copy()
        np.testing.assert_array_equal(network.parameters.vector, on_trial)
        if state.optimizer.scalars["tries"]:
            searching += 1
            network.parameters.vector[:] = kept
            right = network.predict(rows.x)[np.arange(100), rows.y]
            assert -np.log(right).mean() == pytest.approx(state.optimizer.scalars["loss"])
            network.parameters.vector[:] = on_trial
    assert searching


def test_rejected_points_of_a_line_search_do_not_use_up_patience() -> None:
    patient = EarlyStoppingSpec(metric="train_loss", patience=2)
    settings = spec(precision="float64", optimizer=LbfgsSpec(learning_rate=1e6), batch_size=100, epochs=40)
    uninterrupted, _ = run(exact(), settings, moons(100))
    stopped, events = run(exact(), settings.model_copy(update={"early_stopping": patient}), moons(100))
    assert events[-1].reason == "epochs_done"
    assert stopped.optimizer.scalars["loss"] == uninterrupted.optimizer.scalars["loss"]


def test_the_line_search_includes_penalties() -> None:
    network, wanted = exact(), RegularizationSpec(l2=0.05)
    settings = spec(precision="float64", optimizer=LbfgsSpec(), regularization=wanted, batch_size=100, epochs=80)
    state, _ = run(network, settings, moons(100))
    network.backpropagate(moons(100).x.astype(float), moons(100).y, np.full(100, 0.01), stream(0, "dropout"))
    Penalty(wanted, network.parameters, state.optimizer.scratch).add_gradient()
    assert np.linalg.norm(network.parameters.gradients) < 1e-4
    assert state.optimizer.scalars["loss"] > 0
