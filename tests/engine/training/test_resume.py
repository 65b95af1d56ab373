"""A run stopped at any event and resumed from a checkpoint ends with the same bits."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.network import Network
from engine.spec import (
    AdagradSpec,
    AdamSpec,
    AdamWSpec,
    AveragingSpec,
    CosineSpec,
    DenseSpec,
    EarlyStoppingSpec,
    LbfgsSpec,
    LionSpec,
    OneCycleSpec,
    OptimizerSpec,
    PlateauSpec,
    RegularizationSpec,
    RmsPropSpec,
    SgdSpec,
    SoftmaxCrossEntropySpec,
    TrainingSpec,
)
from engine.training import checkpoint
from engine.training.events import BatchEnd, EpochEnd
from engine.training.loop import train
from engine.training.state import TrainingState, initialize_training
from tests.support.training_runs import moons, small, spec

ROWS, VALIDATION = moons(100), moons(40, seed=1)
OPTIMIZERS: dict[str, OptimizerSpec] = {
    "sgd": SgdSpec(),
    "nesterov": SgdSpec(momentum=0.9, nesterov=True),
    "rmsprop": RmsPropSpec(learning_rate=0.01, momentum=0.5),
    "adagrad": AdagradSpec(),
    "adam": AdamSpec(learning_rate=0.01),
    "adamw": AdamWSpec(learning_rate=0.01),
    "lion": LionSpec(learning_rate=0.01),
}
FEATURES: dict[str, dict[str, Any]] = {
    "accumulation": {"accumulate": 3, "schedule": OneCycleSpec()},
    "averaging": {"averaging": AveragingSpec(decay=0.9), "schedule": CosineSpec(restarts=2, growth=1.5)},
    "plateau": {"schedule": PlateauSpec(patience=1, factor=0.5, min_delta=0.5, cooldown=1), "epochs": 6},
    "penalties": {"regularization": RegularizationSpec(l1=0.01, l2=0.01, max_norm=1.0)},
    "clipping": {"clip_value": 0.1, "clip_layer_norm": 0.2, "clip_norm": 0.3},
    "freezing": {"frozen": (0,)},
    "unfreezing": {"frozen": (0, 2), "unfreeze_every": 1, "epochs": 4},
    "class weights": {"class_weight": (1.0, 3.0)},
    "line search": {"optimizer": LbfgsSpec(history=3, learning_rate=5.0), "epochs": 8},
    "everything": {
        "accumulate": 2,
        "averaging": AveragingSpec(),
        "frozen": (2,),
        "regularization": RegularizationSpec(l2=0.01),
        "schedule": PlateauSpec(warmup_steps=3, patience=1, min_delta=0.5),
        "optimizer": LionSpec(),
    },
}


def usual(optimizer: OptimizerSpec) -> TrainingSpec:
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


def numbers(state: TrainingState) -> bytes:
    """Return everything in a state except its times."""
    state.totals.seconds = 0.0
    if state.best:
        state.best.metrics.pop("seconds", None)
    return checkpoint.dump(state)


def assert_resumes_anywhere(make: Callable[[], Network], training: TrainingSpec) -> None:
    """Stop after every event, resume from the checkpoint, and compare everything that follows."""
    network = make()
    state = initialize_training(network, training, ROWS)
    dumps, events = [checkpoint.dump(state)], []
    for event in train(network, state, training, ROWS, VALIDATION):
        events.append(without_time(event))
        dumps.append(checkpoint.dump(state))
    uninterrupted = numbers(state)
    assert len(events) == training.epochs * (4 + 1) + 1
    for seen, data in enumerate(dumps):
        other = make()
        resumed = checkpoint.load(data, other, training, ROWS)
        rest = [without_time(event) for event in train(other, resumed, training, ROWS, VALIDATION)]
        assert rest == (events[seen:] or events[-1:])
        assert numbers(resumed) == uninterrupted


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_resuming_after_any_event_gives_the_same_bits(optimizer: OptimizerSpec) -> None:
    assert_resumes_anywhere(small, usual(optimizer))


@pytest.mark.parametrize("fields", FEATURES.values(), ids=FEATURES)
def test_resuming_gives_the_same_bits_with_every_training_feature(fields: dict[str, Any]) -> None:
    assert_resumes_anywhere(small, spec(**fields))


def test_resuming_gives_the_same_bits_with_label_smoothing() -> None:
    def make() -> Network:
        loss = SoftmaxCrossEntropySpec(label_smoothing=0.1)
        return Network([DenseSpec(units=3)], inputs=2, outputs=2, loss=loss, precision="float64")

    assert_resumes_anywhere(make, spec(precision="float64"))


SCHEDULES = (OneCycleSpec(), CosineSpec(restarts=1), PlateauSpec(patience=1, min_delta=0.2), CosineSpec(warmup_steps=4))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    fields=st.fixed_dictionaries(
        {
            "optimizer": st.sampled_from(list(OPTIMIZERS.values())),
            "schedule": st.sampled_from(SCHEDULES),
            "accumulate": st.integers(1, 5),
            "averaging": st.sampled_from([None, AveragingSpec(decay=0.8)]),
            "clip_value": st.sampled_from([None, 0.01]),
            "clip_layer_norm": st.sampled_from([None, 0.05]),
            "regularization": st.builds(RegularizationSpec, l1=st.sampled_from([0.0, 0.01]), l2=st.just(0.01)),
            "frozen": st.sampled_from([(), (0,), (2,)]),
            "shuffle": st.booleans(),
            "batch_size": st.integers(1, 120),
            "seed": st.integers(0, 2**53 - 1),
        }
    ),
    stop=st.floats(0, 1),
)
def test_random_specs_resumed_at_random_events_give_the_same_bits(fields: dict[str, Any], stop: float) -> None:
    training = spec(**{"epochs": 2, **fields})
    network = small()
    state = initialize_training(network, training, ROWS)
    dumps = [checkpoint.dump(state) for _ in train(network, state, training, ROWS, VALIDATION)]
    other = small()
    resumed = checkpoint.load(dumps[int(stop * (len(dumps) - 1))], other, training, ROWS)
    list(train(other, resumed, training, ROWS, VALIDATION))
    assert numbers(resumed) == numbers(state)


def test_a_checkpoint_of_another_loss_is_rejected() -> None:
    networks = [
        Network([], inputs=2, outputs=2, loss=SoftmaxCrossEntropySpec(label_smoothing=s), precision="float32")
        for s in (0.1, 0.2)
    ]
    data = checkpoint.dump(initialize_training(networks[0], spec(), ROWS))
    with pytest.raises(checkpoint.CheckpointError, match="another"):
        checkpoint.load(data, networks[1], spec(), ROWS)


def test_a_new_generator_continues_from_the_same_state() -> None:
    network, training = small(), usual(AdamSpec())
    state = initialize_training(network, training, ROWS)
    for _ in range(100):
        event = next(train(network, state, training, ROWS, VALIDATION))
        if not isinstance(event, (BatchEnd, EpochEnd)):
            break
    uninterrupted = small()
    whole = initialize_training(uninterrupted, training, ROWS)
    list(train(uninterrupted, whole, training, ROWS, VALIDATION))
    assert network.parameters.vector.tobytes() == uninterrupted.parameters.vector.tobytes()


def test_predicting_between_batches_does_not_change_training() -> None:
    weights = []
    for predicts in (False, True):
        network, training = small(), usual(AdamSpec())
        for _ in train(network, initialize_training(network, training, ROWS), training, ROWS, VALIDATION):
            if predicts:
                network.predict(VALIDATION.x[:7])
        weights.append(network.parameters.vector.tobytes())
    assert weights[0] == weights[1]
