"""Rows that count more or less than others: by their own weights, by their classes, and by both."""

from dataclasses import replace

import numpy as np
import pytest

from engine.batches import Batches, Rows, check_rows
from engine.losses.class_weights import class_weights
from engine.memory import Array
from engine.network import Network
from engine.spec import DenseSpec, SgdSpec, TrainingSpec
from engine.training import checkpoint
from engine.training.checkpoint import CheckpointError
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tests.support.training_runs import epochs, moons, regressor, run, spec

WEIGHTS = np.tile([0.0, 2.0, 0.5, 1.0], 15)


def exact() -> Network:
    return Network(
        [DenseSpec(units=6, activation="tanh")], inputs=2, outputs=2, loss="softmax_cross_entropy", precision="float64"
    )


def whole(rows: int, **fields: object) -> TrainingSpec:
    """Full batches, so that what is in one does not matter."""
    optimizer = SgdSpec(learning_rate=0.5)
    return spec(**{"precision": "float64", "optimizer": optimizer, "epochs": 4, "batch_size": rows, **fields})


def trained(rows: Rows, **fields: object) -> tuple[Array, list[float]]:
    state, events = run(exact(), whole(len(rows), **fields), rows)
    return final_parameters(state), [metrics["train_loss"] for metrics in epochs(events)]


def chosen(places: Array) -> Rows:
    return Rows(moons(60).x[places], moons(60).y[places])


@pytest.mark.parametrize("class_weight", [None, "balanced", (1.0, 3.0)])
def test_rows_of_weight_0_change_nothing_and_one_of_weight_2_counts_as_two(class_weight: object) -> None:
    weights = np.where(np.arange(60) % 3 == 0, 0.0, np.where(np.arange(60) % 3 == 1, 1.0, 2.0))
    weighed, losses = trained(Rows(moons(60).x, moons(60).y, weights), class_weight=class_weight)
    repeated, expected = trained(chosen(np.repeat(np.arange(60), weights.astype(int))), class_weight=class_weight)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    np.testing.assert_allclose(weighed, repeated, rtol=1e-9)


def test_in_batches_too_the_loss_of_an_epoch_is_the_weighted_mean() -> None:
    rows = Rows(moons(60).x, moons(60).y, WEIGHTS)
    _, events = run(exact(), whole(7, optimizer=SgdSpec(learning_rate=1e-12), epochs=1), rows)
    probabilities = exact_after_init().predict(rows.x)[np.arange(60), rows.y]
    expected = -(WEIGHTS * np.log(probabilities)).sum() / WEIGHTS.sum()
    assert epochs(events)[0]["train_loss"] == pytest.approx(expected, rel=1e-9)


def exact_after_init() -> Network:
    network = exact()
    initialize_training(network, whole(7), moons(60))
    return network


def test_class_weights_and_the_rows_own_are_multiplied() -> None:
    y, own = np.array([0, 1, 1]), np.array([2.0, 3.0, 0.0])
    np.testing.assert_array_equal(class_weights(y, (1.0, 10.0), own), [2, 30, 0])
    np.testing.assert_allclose(class_weights(y, "balanced", own), [2.5, 2.5, 0])


def test_a_class_whose_rows_all_weigh_0_leaves_the_others_balanced() -> None:
    weights = class_weights(np.array([0, 1, 1, 2]), "balanced", np.array([1.0, 1.0, 1.0, 0.0]))
    np.testing.assert_allclose(weights, [1.5, 0.75, 0.75, 0])


def test_a_batch_that_weighs_nothing_teaches_nothing() -> None:
    weights = np.repeat([0.0, 1.0], 30)
    settings = whole(30, shuffle=False, epochs=1)
    network, rows = exact(), Rows(moons(60).x, moons(60).y, weights)
    state = initialize_training(network, settings, rows)
    before, events = network.parameters.vector.copy(), train(network, state, settings, rows)
    assert next(events).loss == 0.0  # type: ignore[union-attr]
    np.testing.assert_array_equal(network.parameters.vector, before)
    next(events)
    assert np.isfinite(network.parameters.vector).all()
    assert not np.array_equal(network.parameters.vector, before)


@pytest.mark.parametrize("weights", [[0.0] * 60, [-1.0, *[1.0] * 59], [np.nan] * 60, [np.inf] * 60, [1e308] * 60])
def test_weights_that_make_no_mean_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="sample weights must be at least 0, and their sum must be finite and above 0"):
        check_rows(Rows(moons(60).x, moons(60).y, np.array(weights)), exact())


def test_shares_of_weighted_rows_add_up_to_the_batches() -> None:
    rows = check_rows(Rows(moons(60).x, moons(60).y, WEIGHTS), exact())
    batches = Batches(rows, 16, shuffled=False)
    sizes = [len(batches[index][0]) for index in range(batches.count)]
    sample_weights = [batches[index][2].sum() for index in range(batches.count)]
    assert np.dot(sizes, sample_weights) == pytest.approx(60)


def test_a_checkpoint_of_other_weights_is_refused() -> None:
    rows, network = Rows(moons(60).x, moons(60).y, WEIGHTS), exact()
    data = checkpoint.dump(initialize_training(network, whole(30), rows))
    assert checkpoint.load(data, exact(), whole(30), rows).epoch == 0
    for others in (None, WEIGHTS[::-1]):
        with pytest.raises(CheckpointError, match="another network"):
            checkpoint.load(data, exact(), whole(30), replace(rows, sample_weights=others))


def test_a_weighted_run_resumed_at_any_batch_ends_with_the_same_bits() -> None:
    rows, settings = Rows(moons(60).x, moons(60).y, WEIGHTS), whole(16, class_weight="balanced", epochs=2)
    undisturbed = final_parameters(run(exact(), settings, rows)[0]).tobytes()
    network = exact()
    state = initialize_training(network, settings, rows)
    for _ in train(network, state, settings, rows):
        again = exact()
        resumed = checkpoint.load(checkpoint.dump(state), again, settings, rows)
        list(train(again, resumed, settings, rows))
        assert final_parameters(resumed).tobytes() == undisturbed


@pytest.mark.parametrize("class_weight", ["balanced", (1.0, 2.0)])
def test_class_weight_is_refused_where_there_are_no_classes(class_weight: object) -> None:
    rows, settings = Rows(np.zeros((4, 3)), np.array([0.0, 1, 0, 1])), spec(class_weight=class_weight)
    network = regressor()
    state = initialize_training(network, settings, rows)
    with pytest.raises(ValueError, match="not mean_squared_error"):
        next(train(network, state, settings, rows))
