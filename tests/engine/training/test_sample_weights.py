"""Rows count by their sample weights, by their class weights, and by the product of both."""

from dataclasses import replace

import numpy as np
import pytest

from engine.batches import Batches, Rows, check_rows
from engine.losses.class_weights import ClassFactors
from engine.memory import Array
from engine.network import Network
from engine.spec import AdamSpec, DenseSpec, EarlyStoppingSpec, SgdSpec, TrainingSpec
from engine.training import checkpoint
from engine.training.checkpoint import CheckpointError
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tests.support.training_runs import classifier, epochs, moons, regressor, run, small, spec

WEIGHTS = np.tile([0.0, 2.0, 0.5, 1.0], 15)


def exact() -> Network:
    return Network(
        [DenseSpec(units=6, activation="tanh")], inputs=2, outputs=2, loss="softmax_cross_entropy", precision="float64"
    )


def full_batch_spec(rows: int, **fields: object) -> TrainingSpec:
    """Return a spec with full batches, so that the order of rows does not matter."""
    optimizer = SgdSpec(learning_rate=0.5)
    return spec(**{"precision": "float64", "optimizer": optimizer, "epochs": 4, "batch_size": rows, **fields})


def trained(rows: Rows, **fields: object) -> tuple[Array, list[float]]:
    state, events = run(exact(), full_batch_spec(len(rows), **fields), rows)
    return final_parameters(state), [metrics["train_loss"] for metrics in epochs(events)]


def selected(indices: Array) -> Rows:
    return Rows(moons(60).x[indices], moons(60).y[indices])


@pytest.mark.parametrize("class_weight", [None, "balanced", (1.0, 3.0)])
def test_weight_0_removes_a_row_and_weight_2_repeats_it(class_weight: object) -> None:
    weights = np.where(np.arange(60) % 3 == 0, 0.0, np.where(np.arange(60) % 3 == 1, 1.0, 2.0))
    weighted, losses = trained(Rows(moons(60).x, moons(60).y, weights), class_weight=class_weight)
    repeated, expected = trained(selected(np.repeat(np.arange(60), weights.astype(int))), class_weight=class_weight)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9)


def test_the_loss_of_an_epoch_is_the_weighted_mean_over_batches() -> None:
    rows = Rows(moons(60).x, moons(60).y, WEIGHTS)
    _, events = run(exact(), full_batch_spec(7, optimizer=SgdSpec(learning_rate=1e-12), epochs=1), rows)
    probabilities = exact_after_init().predict(rows.x)[np.arange(60), rows.y]
    expected = -(WEIGHTS * np.log(probabilities)).sum() / WEIGHTS.sum()
    assert epochs(events)[0]["train_loss"] == pytest.approx(expected, rel=1e-9)


def exact_after_init() -> Network:
    network = exact()
    initialize_training(network, full_batch_spec(7), moons(60))
    return network


def test_class_weights_and_sample_weights_are_multiplied() -> None:
    y, own = np.array([0, 1, 1]), np.array([2.0, 3.0, 0.0])
    np.testing.assert_array_equal(ClassFactors.of(y, (1.0, 10.0), own).weights(y, own), [2, 30, 0])
    np.testing.assert_allclose(ClassFactors.of(y, "balanced", own).weights(y, own), [2.5, 2.5, 0])


def test_a_class_without_weight_does_not_affect_the_balance_of_others() -> None:
    y, own = np.array([0, 1, 1, 2]), np.array([1.0, 1.0, 1.0, 0.0])
    weights = ClassFactors.of(y, "balanced", own).weights(y, own)
    np.testing.assert_allclose(weights, [1.5, 0.75, 0.75, 0])


def test_a_batch_without_weight_changes_nothing() -> None:
    weights = np.repeat([0.0, 1.0], 30)
    settings = full_batch_spec(30, shuffle=False, epochs=1)
    network, rows = exact(), Rows(moons(60).x, moons(60).y, weights)
    state = initialize_training(network, settings, rows)
    before, events = network.parameters.vector.copy(), train(network, state, settings, rows)
    assert next(events).loss == 0.0  # type: ignore[union-attr]
    np.testing.assert_array_equal(network.parameters.vector, before)
    next(events)
    assert np.isfinite(network.parameters.vector).all()
    assert not np.array_equal(network.parameters.vector, before)


@pytest.mark.parametrize("weights", [[0.0] * 60, [-1.0, *[1.0] * 59], [np.nan] * 60, [np.inf] * 60, [1e308] * 60])
def test_weights_without_a_finite_positive_sum_are_rejected(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="sample weights must be at least 0, and their sum must be finite and above 0"):
        check_rows(Rows(moons(60).x, moons(60).y, np.array(weights)), exact())


def test_sample_weights_of_batches_add_up_to_the_rows() -> None:
    rows = check_rows(Rows(moons(60).x, moons(60).y, WEIGHTS), exact())
    batches = Batches(rows, 16, shuffled=False)
    sizes = [len(batches[index][0]) for index in range(batches.count)]
    sample_weights = [batches[index][2].sum() for index in range(batches.count)]
    assert np.dot(sizes, sample_weights) == pytest.approx(60)


def test_a_checkpoint_with_other_sample_weights_is_rejected() -> None:
    rows, network = Rows(moons(60).x, moons(60).y, WEIGHTS), exact()
    data = checkpoint.dump(initialize_training(network, full_batch_spec(30), rows))
    assert checkpoint.load(data, exact(), full_batch_spec(30), rows).epoch == 0
    for others in (None, WEIGHTS[::-1]):
        with pytest.raises(CheckpointError, match="another network"):
            checkpoint.load(data, exact(), full_batch_spec(30), replace(rows, sample_weights=others))


def test_a_weighted_run_resumed_at_any_batch_gives_the_same_bits() -> None:
    rows, settings = Rows(moons(60).x, moons(60).y, WEIGHTS), full_batch_spec(16, class_weight="balanced", epochs=2)
    uninterrupted = final_parameters(run(exact(), settings, rows)[0]).tobytes()
    network = exact()
    state = initialize_training(network, settings, rows)
    for _ in train(network, state, settings, rows):
        again = exact()
        resumed = checkpoint.load(checkpoint.dump(state), again, settings, rows)
        list(train(again, resumed, settings, rows))
        assert final_parameters(resumed).tobytes() == uninterrupted


@pytest.mark.parametrize("class_weight", ["balanced", (1.0, 2.0)])
def test_class_weight_is_rejected_for_regression(class_weight: object) -> None:
    rows, settings = Rows(np.zeros((4, 3)), np.array([0.0, 1, 0, 1])), spec(class_weight=class_weight)
    network = regressor()
    state = initialize_training(network, settings, rows)
    with pytest.raises(ValueError, match="not mean_squared_error"):
        next(train(network, state, settings, rows))


def test_class_weights_of_the_training_rows_weigh_the_validation_rows_too() -> None:
    settings = spec(epochs=12, class_weight="balanced", optimizer=AdamSpec(learning_rate=0.05))
    rows, validation = rare(400, 1), rare(400, 2)
    _, events = run(classifier(DenseSpec(units=8)), settings, rows, validation)
    factors = ClassFactors.of(rows.y, "balanced").weights(validation.y)
    explicit = Rows(validation.x, validation.y, factors)
    trained = Rows(rows.x, rows.y, ClassFactors.of(rows.y, "balanced").weights(rows.y))
    plain = settings.model_copy(update={"class_weight": None})
    _, expected = run(classifier(DenseSpec(units=8)), plain, trained, explicit)
    for one, other in zip(epochs(events), epochs(expected), strict=True):
        assert (one["val_loss"], one["val_accuracy"]) == pytest.approx((other["val_loss"], other["val_accuracy"]))


def rare(count: int, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    y = (rng.random(count) < 0.1).astype(np.int64)
    return Rows((rng.standard_normal((count, 2)) + y[:, None]).astype(np.float32), y)


@pytest.mark.parametrize("metric", ["val_balanced_accuracy", "val_roc_auc", "val_f1", "val_log_loss"])
def test_early_stopping_uses_metrics_of_all_validation_rows(metric: str) -> None:
    stopping = EarlyStoppingSpec.model_validate({"metric": metric, "patience": 3})
    state, events = run(small(), spec(epochs=8, early_stopping=stopping), moons(60), moons(600, seed=1))
    values = [metrics[metric] for metrics in epochs(events)]
    assert all(0 <= value <= 1 for value in values)
    chosen = min(values) if metric == "val_log_loss" else max(values)
    assert state.best
    assert state.best.value == chosen
