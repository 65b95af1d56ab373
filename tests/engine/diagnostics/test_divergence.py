"""A run that diverges reports where, and keeps finite parameters."""

import numpy as np
import pytest

from engine.batches import Rows
from engine.diagnostics.divergence import find_diverged_layer
from engine.spec import AdamSpec, DenseSpec, OptimizerSpec, SgdSpec
from engine.training.events import BatchEnd, Stopped
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tests.support.training_runs import classifier, final, line, moons, regressor, run, small, spec


@pytest.mark.parametrize("optimizer", [SgdSpec(learning_rate=1e9), AdamSpec(learning_rate=1e9)])
@pytest.mark.parametrize("layers", [(), (DenseSpec(units=4),)], ids=["linear", "deep"])
def test_a_huge_learning_rate_diverges_with_finite_parameters(
    layers: tuple[DenseSpec, ...], optimizer: OptimizerSpec
) -> None:
    state, events = run(regressor(*layers), spec(epochs=20, optimizer=optimizer), line())
    assert events[-1].reason == "diverged"
    assert set(events[-1].detail) == {"epoch", "batch", "layer"}
    assert np.isfinite(final_parameters(state)).all()


def test_the_failed_update_is_not_applied() -> None:
    network, rows = small(), moons()
    broken = Rows(rows.x.copy(), rows.y)
    broken.x[150] = np.nan
    settings = spec(shuffle=False)
    state = initialize_training(network, settings, broken)
    before = None
    for event in train(network, state, settings, broken):
        if isinstance(event, BatchEnd):
            before = network.parameters.vector.copy()
    assert event == Stopped(reason="diverged", detail={"epoch": 1, "batch": 5, "layer": "inputs"})
    np.testing.assert_array_equal(network.parameters.vector, before)


def test_the_first_layer_with_nonfinite_outputs_is_named() -> None:
    network = classifier(DenseSpec(units=4), DenseSpec(units=4), DenseSpec(units=4))
    state = initialize_training(network, spec(), moons())
    network.parameters.values["2.weight"][:] = np.inf
    last = final(train(network, state, spec(), moons()))
    assert last.detail["layer"] == "layers[1] (dense)"


def test_the_layer_with_a_nonfinite_gradient_is_named_if_outputs_are_finite() -> None:
    network = regressor(DenseSpec(units=4, activation="linear"))
    state = initialize_training(network, spec(), line())
    network.parameters.values["0.weight"][:] = 1e-33
    network.parameters.values["1.weight"][:] = 1e33
    rows = Rows(line().x * np.float32(1e3), line().y)
    last = final(train(network, state, spec(), rows))
    assert last.reason == "diverged"
    assert last.detail == {"epoch": 1, "batch": 1, "layer": "layers[0] (dense)"}


def test_a_nan_gradient_takes_precedence_over_a_large_one() -> None:
    network = regressor(DenseSpec(units=4))
    initialize_training(network, spec(), line())
    network.forward(line(32).x)
    views = network.parameters.views(network.parameters.gradients)
    views["0.weight"][:] = 1e30
    views["2.bias"][:] = np.nan
    assert find_diverged_layer(network, line(32).x) == "output"


def test_an_overflowing_gradient_norm_is_divergence() -> None:
    network = regressor()
    state = initialize_training(network, spec(), line())
    network.parameters.values["0.weight"][:] = 1e17
    rows = Rows(line().x * np.float32(1e3), line().y)
    last = final(train(network, state, spec(), rows))
    assert last == Stopped(reason="diverged", detail={"epoch": 1, "batch": 1, "layer": "output"})


def test_a_nonfinite_validation_loss_is_divergence() -> None:
    bad = Rows(np.full((5, 2), np.nan, np.float32), np.zeros(5, int))
    _, events = run(small(), spec(), moons(), bad)
    assert events[-1].reason == "diverged"


def test_a_diverged_state_stays_diverged() -> None:
    network = regressor()
    settings = spec(epochs=20, optimizer=SgdSpec(learning_rate=1e9))
    state, events = run(network, settings, line())
    assert list(train(network, state, settings, line())) == [events[-1]]


def test_nan_targets_are_attributed_to_the_output_layer() -> None:
    rows = Rows(line().x, np.full(len(line()), np.nan))
    _, events = run(regressor(DenseSpec(units=4), DenseSpec(units=4)), spec(), rows)
    assert events[-1].detail == {"epoch": 1, "batch": 1, "layer": "output"}
