"""Networks of an ensemble share their rows, keep the best epoch of their bag, and resume with the same bits."""

import numpy as np
import pytest

from engine import streams
from engine.batches import Batches, Rows, check_rows
from engine.network import Network
from engine.spec import AdamSpec, BatchNormSpec, DenseSpec, EarlyStoppingSpec, PlateauSpec, SgdSpec, TrainingSpec
from engine.training import checkpoint
from engine.training.events import EpochEnd, Stopped
from engine.training.loop import train
from engine.training.state import Member, TrainingState, final_parameters, initialize_training
from tests.support.training_runs import best, classifier, epochs, moons, run, small, spec

ROWS = moons(120)
FOLDS = [np.arange(40), np.arange(40, 80), np.arange(80, 120)]
SPEC = spec(
    epochs=4,
    batch_size=16,
    early_stopping=EarlyStoppingSpec(patience=9),
    schedule=PlateauSpec(metric="val_loss", patience=1),
)
OTHER_SPEC = SPEC.model_copy(update={"optimizer": SgdSpec(learning_rate=0.5)})


def fold(number: int, network: Network, training: TrainingSpec, bag: int) -> Member:
    seed = streams.network_seed(training.seed, bag, number)
    kept = np.setdiff1d(np.arange(120), FOLDS[number])
    return Member(
        network=network,
        training=Rows(ROWS.x, ROWS.y, ROWS.sample_weights, kept),
        validation=Rows(ROWS.x, ROWS.y, ROWS.sample_weights, FOLDS[number]),
        spec=training.model_copy(update={"seed": seed}),
        bag=bag,
    )


def ensemble() -> list[Member]:
    """Return two bags on the same folds, with other layers and another optimizer."""
    first = [fold(number, small(), SPEC, 0) for number in range(3)]
    other = [fold(number, classifier(DenseSpec(units=4), BatchNormSpec()), OTHER_SPEC, 1) for number in range(3)]
    return [*first, *other]


def start(members: list[Member]) -> TrainingState:
    first, *others = members
    return initialize_training(first.network, SPEC, first.training, others)


def go_on(members: list[Member], state: TrainingState) -> list[object]:
    first, *others = members
    return list(train(first.network, state, SPEC, first.training, first.validation, members=others))


def test_every_network_has_seeds_of_its_own_and_learns_as_if_it_were_alone() -> None:
    members = ensemble()
    go_on(members, start(members))
    twins = ensemble()
    for member, twin in zip(members, twins, strict=True):
        training = twin.spec.model_copy(update={"early_stopping": None, "schedule": spec().schedule})
        chosen = twin.training.take(ROWS.x), twin.training.take(ROWS.y)
        run(twin.network, training, Rows(*chosen))
        np.testing.assert_array_equal(member.network.parameters.vector, twin.network.parameters.vector)
    assert len({member.network.parameters.vector.tobytes() for member in members}) == 6


def test_each_bag_keeps_the_epoch_with_its_own_best_score_on_left_out_rows() -> None:
    members = ensemble()
    state = start(members)
    events = go_on(members, state)
    measured = epochs(events)
    parts = [state, *state.members]
    for bag, prefix in ((parts[:3], ""), (parts[3:], "bag_1_")):
        losses = [metrics[f"{prefix}val_loss"] for metrics in measured]
        assert {best(part).epoch for part in bag} == {1 + int(np.argmin(losses))}
    right = 0
    for member, part in zip(members[3:], parts[3:], strict=True):
        assert member.validation
        member.network.parameters.vector[:] = final_parameters(part)
        predicted = member.network.predict(member.validation.take(ROWS.x)).argmax(axis=1)
        right += int((predicted == member.validation.take(ROWS.y)).sum())
    assert measured[best(parts[3]).epoch - 1]["bag_1_val_accuracy"] == pytest.approx(right / 120)


@pytest.mark.parametrize("stop_at", [1, 5, 6, 17, 30, 31, 32, 77, 124])
def test_a_stopped_ensemble_continues_with_the_same_bits(stop_at: int) -> None:
    members = ensemble()
    whole = start(members)
    go_on(members, whole)
    stopped = ensemble()
    first, *others = stopped
    state = start(stopped)
    events = train(first.network, state, SPEC, first.training, first.validation, members=others)
    for count, _ in enumerate(events, start=1):
        if count == stop_at:
            break
    data = checkpoint.dump(state)
    resumed = ensemble()
    first, *others = resumed
    state = checkpoint.load(data, first.network, SPEC, first.training, others)
    assert isinstance(go_on(resumed, state)[-1], Stopped)
    for part, expected in zip((state, *state.members), (whole, *whole.members), strict=True):
        np.testing.assert_array_equal(part.parameters.vector, expected.parameters.vector)
        np.testing.assert_array_equal(final_parameters(part), final_parameters(expected))
        assert part.plateau == expected.plateau


def test_a_checkpoint_of_other_folds_of_the_same_rows_is_refused() -> None:
    members = ensemble()
    data = checkpoint.dump(start(members))
    first, *others = members[::-1][3:]
    with pytest.raises(checkpoint.CheckpointError, match="belongs to another"):
        checkpoint.load(data, first.network, SPEC, first.training, others)


def test_early_stopping_waits_for_the_bag_that_still_improves() -> None:
    training = SPEC.model_copy(update={"epochs": 30, "early_stopping": EarlyStoppingSpec(patience=2)})
    still = training.model_copy(update={"optimizer": SgdSpec(learning_rate=1e-30)})  # never improves
    improving = training.model_copy(update={"optimizer": AdamSpec(learning_rate=0.01)})
    first, other = fold(0, small(), still, 0), fold(0, small(), improving, 1)
    state = initialize_training(first.network, still, first.training, [other])
    events = list(train(first.network, state, still, first.training, first.validation, members=[other]))
    assert len([event for event in events if isinstance(event, EpochEnd)]) > 3
    assert state.epochs_without_improvement > 2


def test_networks_of_the_same_shape_share_working_memory() -> None:
    members = ensemble()
    start(members)
    addresses = [member.network.parameters.gradients.__array_interface__["data"][0] for member in members]
    assert len(set(addresses)) == 2
    assert members[1].network.arena.bytes < members[0].network.arena.bytes / 2


def test_batches_of_an_index_are_those_of_the_chosen_rows() -> None:
    weights = np.linspace(1, 2, 120)
    index = np.arange(1, 120, 3)
    network = classifier(DenseSpec(units=2))
    indexed = check_rows(Rows(ROWS.x, ROWS.y, weights, index), network)
    copied = check_rows(Rows(ROWS.x[index], ROWS.y[index], weights[index]), network)
    for shuffled in (True, False):
        each = [Batches(rows, 16, shuffled=shuffled) for rows in (indexed, copied)]
        for batches in each:
            if shuffled:
                batches.shuffle(streams.stream(0, "shuffle"))
        for number in range(each[0].count):
            for one, other in zip(each[0][number], each[1][number], strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-6)
