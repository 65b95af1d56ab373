"""Training learns, reports its progress, keeps the best epoch and stops for the right reason."""

import itertools

import numpy as np
import pytest

from engine.batches import Rows
from engine.spec import AdamSpec, DenseSpec, DropoutSpec, EarlyStoppingSpec, SgdSpec, StepSpec
from engine.training.events import BatchEnd, EpochEnd, Stopped
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tests.support.training_runs import best, classifier, epochs, line, moons, regressor, run, small, spec

FAST = AdamSpec(learning_rate=0.01)


def test_xor_is_learned() -> None:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([0, 1, 1, 0])
    network = classifier(DenseSpec(units=8, activation="tanh"))
    run(network, spec(epochs=300, batch_size=4, optimizer=AdamSpec(learning_rate=0.05)), Rows(x, y))
    assert (network.predict(x).argmax(axis=1) == y).all()


def test_two_moons_are_learned() -> None:
    network = classifier(DenseSpec(units=16), DenseSpec(units=16))
    _, events = run(network, spec(epochs=40, optimizer=FAST), moons(), moons(seed=1))
    assert epochs(events)[-1]["val_accuracy"] >= 0.97


def test_a_line_is_fitted_down_to_its_noise() -> None:
    _, events = run(regressor(), spec(epochs=60, optimizer=AdamSpec(learning_rate=0.03)), line(), line(seed=1))
    assert epochs(events)[-1]["val_r2"] > 0.999
    assert epochs(events)[-1]["val_mae"] < 0.02


def test_every_batch_and_every_epoch_yields_its_event() -> None:
    _, events = run(small(), spec(epochs=2), moons(70))
    assert [type(event) for event in events] == [*[BatchEnd] * 3, EpochEnd, *[BatchEnd] * 3, EpochEnd, Stopped]
    assert [(e.epoch, e.batch, e.batches) for e in events[:3]] == [(1, 1, 3), (1, 2, 3), (1, 3, 3)]
    assert events[-1] == Stopped(reason="epochs_done")


def test_train_loss_is_the_mean_over_rows_with_a_short_last_batch() -> None:
    _, events = run(small(), spec(epochs=1), moons(70))
    losses = [event.loss for event in events if isinstance(event, BatchEnd)]
    assert epochs(events)[0]["train_loss"] == pytest.approx(np.average(losses, weights=[32, 32, 6]))


def test_classification_metrics_match_the_predictions() -> None:
    validation = moons(75, seed=1)
    network = small()
    _, events = run(network, spec(epochs=1), moons(), validation)
    probabilities = network.predict(validation.x)
    right = probabilities[np.arange(75), validation.y]
    assert epochs(events)[0]["val_loss"] == pytest.approx(-np.log(right).mean(), rel=1e-5)
    assert epochs(events)[0]["val_accuracy"] == (probabilities.argmax(axis=1) == validation.y).mean()


def test_regression_metrics_match_the_predictions() -> None:
    validation = line(600, seed=1)
    network = regressor(DenseSpec(units=4))
    _, events = run(network, spec(epochs=1), line(), validation)
    error = network.predict(validation.x)[:, 0] - validation.y
    assert epochs(events)[0]["val_mae"] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert epochs(events)[0]["val_r2"] == pytest.approx(1 - (error**2).sum() / (600 * validation.y.var()), rel=1e-5)


def test_zero_epochs_give_the_initialized_network() -> None:
    network = small()
    state, events = run(network, spec(epochs=0), moons())
    assert events == [Stopped(reason="epochs_done")]
    assert final_parameters(state).any()


def test_a_batch_size_above_the_rows_gives_one_batch() -> None:
    _, events = run(small(), spec(epochs=1, batch_size=60_000), moons(50))
    assert sum(isinstance(event, BatchEnd) for event in events) == 1


def test_the_seed_determines_the_weights_bit_for_bit() -> None:
    weights = [run(small(), spec(seed=seed), moons())[0].parameters.vector.tobytes() for seed in (5, 5, 6)]
    assert weights[0] == weights[1] != weights[2]


def test_loaded_weights_are_kept_at_the_start_of_training() -> None:
    first, second = small(), small()
    run(first, spec(), moons())
    second.load_torch_state(first.torch_state())
    initialize_training(second, spec(), moons())
    np.testing.assert_array_equal(first.parameters.vector, second.parameters.vector)


def test_the_parameters_of_the_best_epoch_are_kept() -> None:
    network = small()
    settings = spec(epochs=12, optimizer=AdamSpec(learning_rate=0.1))
    train_rows, validation = moons(60), moons(200, seed=1)
    state = initialize_training(network, settings, train_rows)
    snapshots = {}
    for event in train(network, state, settings, train_rows, validation):
        if isinstance(event, EpochEnd):
            snapshots[event.epoch] = (event.metrics["val_loss"], network.parameters.vector.copy())
    lowest = min(snapshots, key=lambda epoch: snapshots[epoch][0])
    assert lowest != max(snapshots)
    assert (best(state).epoch, best(state).metrics["val_loss"]) == (lowest, snapshots[lowest][0])
    np.testing.assert_array_equal(final_parameters(state), snapshots[lowest][1])


def test_the_best_epoch_by_accuracy_has_the_highest() -> None:
    stopping = EarlyStoppingSpec(metric="val_accuracy", patience=20)
    state, events = run(small(), spec(epochs=8, early_stopping=stopping), moons(60), moons(200, seed=1))
    accuracies = [metrics["val_accuracy"] for metrics in epochs(events)]
    assert min(accuracies) < max(accuracies)
    assert best(state).epoch == 1 + accuracies.index(max(accuracies))


def test_without_validation_rows_the_last_epoch_is_kept() -> None:
    state, events = run(small(), spec(epochs=6, optimizer=AdamSpec(learning_rate=0.1)), moons(60))
    losses = [metrics["train_loss"] for metrics in epochs(events)]
    assert losses[-1] > min(losses)
    assert (best(state).epoch, best(state).metrics) == (6, epochs(events)[-1])
    np.testing.assert_array_equal(final_parameters(state), state.parameters.vector)


def test_early_stopping_by_train_loss_keeps_the_epoch_with_the_lowest() -> None:
    stopping = EarlyStoppingSpec(metric="train_loss", patience=6)
    network, settings = small(), spec(epochs=6, optimizer=AdamSpec(learning_rate=0.1), early_stopping=stopping)
    state = initialize_training(network, settings, moons(60))
    seen = {}
    for event in train(network, state, settings, moons(60)):
        if isinstance(event, EpochEnd):
            seen[event.metrics["train_loss"]] = (event.epoch, network.parameters.vector.copy())
    epoch, vector = seen[min(seen)]
    assert best(state).epoch == epoch < 6
    np.testing.assert_array_equal(final_parameters(state), vector)


def test_stopping_within_an_epoch_keeps_the_parameters_of_the_epoch_before() -> None:
    network, settings = small(), spec(epochs=6)
    state = initialize_training(network, settings, moons(60))
    events = train(network, state, settings, moons(60))
    end = next(event for event in events if isinstance(event, EpochEnd))
    vector = network.parameters.vector.copy()
    assert isinstance(next(events), BatchEnd)
    assert (best(state).epoch, best(state).metrics) == (1, end.metrics)
    np.testing.assert_array_equal(final_parameters(state), vector)


def test_early_stopping_waits_for_patience_epochs() -> None:
    stopping = EarlyStoppingSpec(metric="val_accuracy", patience=3)
    still = SgdSpec(learning_rate=1e-12)
    _, events = run(small(), spec(epochs=50, optimizer=still, early_stopping=stopping), moons(), moons(seed=1))
    assert events[-1] == Stopped(reason="early_stopped")
    assert len(epochs(events)) == 1 + 3


def test_an_improvement_below_min_delta_does_not_count() -> None:
    stopping = EarlyStoppingSpec(metric="train_loss", patience=2, min_delta=10.0)
    state, events = run(small(), spec(epochs=50, early_stopping=stopping), moons())
    assert len(epochs(events)) == 3
    assert best(state).epoch == 3


def test_early_stopping_by_an_unmeasured_metric_is_rejected() -> None:
    settings = spec(early_stopping=EarlyStoppingSpec(metric="val_loss"))
    with pytest.raises(ValueError, match="val_loss"):
        run(small(), settings, moons())


def test_the_learning_rate_of_the_schedule_is_reported() -> None:
    settings = spec(epochs=3, optimizer=FAST, schedule=StepSpec(every_epochs=1, factor=0.5))
    _, events = run(small(), settings, moons())
    assert [metrics["learning_rate"] for metrics in epochs(events)] == pytest.approx([0.01, 0.005, 0.0025])


def test_clip_norm_limits_the_step_of_plain_gradient_descent() -> None:
    network = small()
    settings = spec(epochs=1, clip_norm=0.01, optimizer=SgdSpec(learning_rate=1.0))
    state = initialize_training(network, settings, moons())
    before = network.parameters.vector.copy()
    events = train(network, state, settings, moons())
    next(events)
    assert np.linalg.norm(network.parameters.vector - before) == pytest.approx(0.01, rel=1e-4)


def test_balanced_class_weights_predict_the_rare_class_more_often() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(1_000) < 0.05).astype(int)
    rows = Rows((rng.standard_normal((1_000, 1)) + y[:, None]).astype(np.float32), y)
    found = {}
    for weighting in (None, "balanced"):
        network = classifier(inputs=1)
        run(network, spec(epochs=10, optimizer=AdamSpec(learning_rate=0.05), class_weight=weighting), rows)
        found[weighting] = network.predict(rows.x).argmax(axis=1).mean()
    assert found[None] < 0.05
    assert 0.2 < found["balanced"] < 0.6


def test_seconds_are_measured_with_the_given_clock() -> None:
    ticks = itertools.count(step=0.25)
    settings, rows = spec(epochs=1), moons(64)
    network = small()
    events = list(
        train(network, initialize_training(network, settings, rows), settings, rows, clock=lambda: next(ticks))
    )
    assert epochs(events)[0]["seconds"] == pytest.approx(0.75)  # two batches and the end


@pytest.mark.parametrize(
    "rows",
    [
        Rows(np.zeros((4, 3), np.float32), np.zeros(4, int)),
        Rows(np.zeros((4, 2), np.float32), np.zeros(3, int)),
        Rows(np.zeros((4, 2), np.float32), np.zeros(4, int), np.zeros(4)),
        Rows(np.zeros((0, 2), np.float32), np.zeros(0, int)),
    ],
    ids=["width", "targets", "weights", "empty"],
)
def test_rows_that_do_not_fit_the_network_are_rejected(rows: Rows) -> None:
    with pytest.raises(ValueError, match=r"shape|rows|weights"):
        initialize_training(small(), spec(), rows)


def test_dropout_zeroes_its_share_and_keeps_the_mean() -> None:
    network = classifier(DropoutSpec(rate=0.4), inputs=50)
    network.allocate(400, training=True)
    x = np.ones((400, 50), np.float32)
    network.forward(x, np.random.default_rng(0))
    dropped = network.layers[0].forward(x, np.random.default_rng(0))
    assert (dropped == 0).mean() == pytest.approx(0.4, abs=0.01)
    assert dropped.mean() == pytest.approx(1, abs=0.02)
