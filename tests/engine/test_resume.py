"""A run that is stopped anywhere and resumed from bytes ends with the same bits."""

import pytest

from engine import checkpoint
from engine.spec import AdamSpec, AdamWSpec, CosineSpec, EarlyStoppingSpec, OptimizerSpec, SgdSpec, TrainingSpec
from engine.training import EpochEnd, Heartbeat, State, start, train
from tests.engine.runs import moons, small, spec

ROWS, VALIDATION = moons(100), moons(40, seed=1)
OPTIMIZERS = {
    "sgd": SgdSpec(),
    "nesterov": SgdSpec(momentum=0.9, nesterov=True),
    "adam": AdamSpec(learning_rate=0.01),
    "adamw": AdamWSpec(learning_rate=0.01),
}


def settings(optimizer: OptimizerSpec) -> TrainingSpec:
    return spec(
        epochs=3,
        optimizer=optimizer,
        clip_norm=0.5,
        class_weight="balanced",
        schedule=CosineSpec(warmup_steps=5),
        early_stopping=EarlyStoppingSpec(patience=9),
    )


def without_time(event: object) -> object:
    return {k: v for k, v in event.metrics.items() if k != "seconds"} if isinstance(event, EpochEnd) else event


def numbers(state: State) -> bytes:
    """Everything of a state but how long it took."""
    state.tally.seconds = 0.0
    if state.best:
        state.best.metrics.pop("seconds", None)
    return checkpoint.dump(state)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_resuming_after_any_event_gives_the_same_bits(optimizer: OptimizerSpec) -> None:
    network, training = small(), settings(optimizer)
    state = start(network, training, ROWS)
    dumps, events = [checkpoint.dump(state)], []
    for event in train(network, state, training, ROWS, VALIDATION):
        events.append(without_time(event))
        dumps.append(checkpoint.dump(state))
    undisturbed = numbers(state)
    assert len(events) == 3 * (4 + 1) + 1
    for seen, data in enumerate(dumps):
        other = small()
        resumed = checkpoint.load(data, other, training, ROWS)
        rest = [without_time(event) for event in train(other, resumed, training, ROWS, VALIDATION)]
        assert rest == (events[seen:] or events[-1:])
        assert numbers(resumed) == undisturbed


def test_a_generator_that_was_left_can_be_followed_by_another_on_the_same_state() -> None:
    network, training = small(), settings(AdamSpec())
    state = start(network, training, ROWS)
    for _ in range(100):
        event = next(train(network, state, training, ROWS, VALIDATION))
        if not isinstance(event, (Heartbeat, EpochEnd)):
            break
    undisturbed = small()
    whole = start(undisturbed, training, ROWS)
    list(train(undisturbed, whole, training, ROWS, VALIDATION))
    assert network.parameters.vector.tobytes() == undisturbed.parameters.vector.tobytes()


def test_predicting_between_two_batches_changes_nothing() -> None:
    weights = []
    for predicts in (False, True):
        network, training = small(), settings(AdamSpec())
        for _ in train(network, start(network, training, ROWS), training, ROWS, VALIDATION):
            if predicts:
                network.predict(VALIDATION.x[:7])
        weights.append(network.parameters.vector.tobytes())
    assert weights[0] == weights[1]
