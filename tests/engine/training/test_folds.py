"""Networks of a cross-validation train beside the job's network, and their left-out rows validate it."""

import numpy as np
import pytest

from engine.batches import Rows
from engine.cost import estimate_cost
from engine.memory import DryArena
from engine.network import Network
from engine.spec import DenseSpec, EarlyStoppingSpec, PlateauSpec, TrainingSpec, ValidationSpec
from engine.training import checkpoint
from engine.training.checkpoint import CheckpointError
from engine.training.events import BatchEnd, EpochEnd
from engine.training.loop import train
from engine.training.state import Member, TrainingState, final_parameters, initialize_training
from tests.support.training_runs import best, epochs, moons, run, small, spec

ROWS = moons(120)
PARTS = [(slice(40, 120), slice(0, 40)), (slice(0, 80), slice(80, 120))]
SPEC = spec(epochs=4, batch_size=16, early_stopping=EarlyStoppingSpec(patience=9))


def rows(part: slice) -> Rows:
    return Rows(ROWS.x[part], ROWS.y[part])


def make_folds(training: TrainingSpec = SPEC) -> list[Member]:
    return [
        Member(network=small(), training=rows(kept), validation=rows(left_out), spec=training)
        for kept, left_out in PARTS
    ]


def cross_validate(training: TrainingSpec = SPEC) -> tuple[Network, list[Member], TrainingState, list[object]]:
    network, folds = small(), make_folds(training)
    state = initialize_training(network, training, ROWS, folds)
    return network, folds, state, list(train(network, state, training, ROWS, members=folds))


def test_every_network_learns_as_if_it_were_alone() -> None:
    network, folds, _, _ = cross_validate()
    for each, data in ((network, ROWS), *((fold.network, fold.training) for fold in folds)):
        alone = small()
        run(alone, SPEC.model_copy(update={"early_stopping": None}), data)
        np.testing.assert_array_equal(each.parameters.vector, alone.parameters.vector)


def test_the_left_out_rows_score_each_epoch_and_choose_one_for_all_networks() -> None:
    _, folds, state, events = cross_validate()
    losses = [metrics["val_loss"] for metrics in epochs(events)]
    assert best(state).epoch == 1 + int(np.argmin(losses))
    assert {best(fold).epoch for fold in state.members} == {best(state).epoch}
    right = 0
    for fold, fold_state in zip(folds, state.members, strict=True):
        fold.network.parameters.vector[:] = final_parameters(fold_state)
        right += int((fold.network.predict(fold.validation.x).argmax(axis=1) == fold.validation.y).sum())
    assert best(state).metrics["val_accuracy"] == pytest.approx(right / 80)


def test_batches_of_all_networks_count_toward_an_epoch() -> None:
    _, _, _, events = cross_validate()
    first = [event.batch for event in events if isinstance(event, BatchEnd) and event.epoch == 1]
    assert first == list(range(1, 5 + 5 + 8 + 1))


@pytest.mark.parametrize("stop_at", [3, 5, 7, 11, 18, 19, 30, 41])
def test_a_stopped_cross_validation_continues_with_the_same_bits(stop_at: int) -> None:
    schedule = PlateauSpec(metric="val_loss", patience=1)
    training = SPEC.model_copy(update={"schedule": schedule})
    _, _, whole, _ = cross_validate(training)
    network, folds = small(), make_folds(training)
    state = initialize_training(network, training, ROWS, folds)
    for count, _ in enumerate(train(network, state, training, ROWS, members=folds), start=1):
        if count == stop_at:
            break
    data = checkpoint.dump(state)
    network, folds = small(), make_folds(training)
    state = checkpoint.load(data, network, training, ROWS, folds)
    events = list(train(network, state, training, ROWS, members=folds))
    assert isinstance(events[-2], EpochEnd)
    for resumed, expected in zip((state, *state.members), (whole, *whole.members), strict=True):
        np.testing.assert_array_equal(resumed.parameters.vector, expected.parameters.vector)
        np.testing.assert_array_equal(final_parameters(resumed), final_parameters(expected))


def test_a_checkpoint_of_other_folds_is_refused() -> None:
    network, folds = small(), make_folds()
    data = checkpoint.dump(initialize_training(network, SPEC, ROWS, folds))
    with pytest.raises(CheckpointError):
        checkpoint.load(data, small(), SPEC, ROWS)
    with pytest.raises(CheckpointError):
        checkpoint.load(data, small(), SPEC, ROWS, make_folds()[:1])


def test_a_fold_that_diverges_ends_the_run() -> None:
    network, folds = small(), make_folds()
    broken = Rows(np.full_like(folds[1].training.x, np.inf), folds[1].training.y)
    folds[1] = Member(network=folds[1].network, training=broken, validation=folds[1].validation, spec=SPEC)
    state = initialize_training(network, SPEC, ROWS, folds)
    *_, last = train(network, state, SPEC, ROWS, members=folds)
    assert (last.reason, last.detail["epoch"]) == ("diverged", 1)  # type: ignore[union-attr]


def test_folds_multiply_the_memory() -> None:
    def needed(validation: ValidationSpec) -> int:
        layers, loss = [DenseSpec(units=8)], "softmax_cross_entropy"
        network = Network(layers, inputs=2, outputs=2, loss=loss, precision="float32", arena=DryArena())
        return estimate_cost(network, spec(validation=validation)).bytes

    assert needed(ValidationSpec(folds=4)) == 5 * needed(ValidationSpec())
