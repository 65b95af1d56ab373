"""Frozen layers keep their weights and run in inference mode."""

import numpy as np
import pytest

from engine.spec import AdamSpec, BatchNormSpec, DenseSpec, DropoutSpec, RegularizationSpec
from engine.streams import stream
from engine.training.events import EpochEnd
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.training_runs import exact, moons, spec


@pytest.mark.parametrize("frozen", [(0,), (1,), (0, 1)], ids=str)
def test_frozen_layers_keep_their_weights_and_the_others_learn(frozen: tuple[int, ...]) -> None:
    network, settings = exact(), spec(precision="float64", frozen=frozen, regularization=RegularizationSpec(l2=0.1))
    state = initialize_training(network, settings, moons())
    before = {name: value.copy() for name, value in network.parameters.values.items()}
    list(train(network, state, settings, moons()))
    moved = {name for name, value in network.parameters.values.items() if not np.array_equal(value, before[name])}
    still = {f"{2 * index}.{kind}" for index in frozen for kind in ("weight", "bias")}
    assert moved == set(before) - still


def test_freezing_does_not_change_the_gradients_of_other_layers() -> None:
    found = []
    for frozen in ((), (0,)):
        network = exact()
        initialize_training(network, spec(precision="float64", frozen=frozen), moons())
        targets = network.loss.as_targets(moons().y, network.dtype)
        network.backpropagate(moons().x[:5].astype(float), targets[:5], np.full(5, 0.2), stream(0, "dropout"))
        found.append(network.parameters.views(network.parameters.gradients))
    for name in ("2.weight", "2.bias", "4.weight", "4.bias"):
        np.testing.assert_array_equal(found[0][name], found[1][name])
    assert not found[1]["0.weight"].any()


def test_layers_before_the_first_trainable_one_run_in_inference_mode() -> None:
    network = exact(
        DropoutSpec(rate=0.5), DenseSpec(units=5, activation="tanh"), DropoutSpec(rate=0.5), DenseSpec(units=3)
    )
    initialize_training(network, spec(precision="float64", frozen=(1,)), moons())
    x = moons().x[:5].astype(float)
    assert network.sequential.inference_only == (True, True, True, True, False, False, False)
    np.testing.assert_array_equal(network.layers[0].forward(x, None), x)
    first, second = (network.forward(x, stream(0, "dropout")).copy() for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_frozen_layer_between_trainable_ones_runs_in_inference_mode() -> None:
    layers = (DenseSpec(units=4), BatchNormSpec(), DenseSpec(units=3, activation="tanh"))
    network, settings = exact(*layers), spec(precision="float64", frozen=(1,))
    state = initialize_training(network, settings, moons())
    before = {name: value.copy() for name, value in network.parameters.values.items()}
    list(train(network, state, settings, moons()))
    still = {name for name, value in network.parameters.values.items() if np.array_equal(value, before[name])}
    assert still == {"2.weight", "2.bias", "2.running_mean", "2.running_var"}
    targets = network.loss.as_targets(moons().y, network.dtype)[:5]
    x, sample_weights = moons().x[:5].astype(float), np.full(5, 0.2)
    network.backpropagate(x, targets, sample_weights, stream(0, "dropout"))
    found = network.parameters.views(network.parameters.gradients)["0.weight"][1, 1]
    losses = []
    for change in (1e-6, -2e-6):
        network.parameters.values["0.weight"][1, 1] += change
        losses.append(network.backpropagate(x, targets, sample_weights, stream(0, "dropout")))
    assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(found, rel=1e-5)


def test_freezing_needs_existing_layers_with_parameters() -> None:
    network = exact(DropoutSpec(rate=0.5), DenseSpec(units=3))
    with pytest.raises(ValueError, match=r"\[0, 7\]"):
        initialize_training(network, spec(precision="float64", frozen=(0, 1, 7)), moons())


def test_frozen_layers_cannot_be_unfrozen_by_another_run() -> None:
    network = exact()
    initialize_training(network, spec(precision="float64", frozen=(0,)), moons())
    with pytest.raises(ValueError, match="new network"):
        initialize_training(network, spec(precision="float64"), moons())


def test_layers_are_unfrozen_one_after_another_from_the_last() -> None:
    network, settings = exact(), spec(precision="float64", frozen=(0, 1), unfreeze_every=2, epochs=6)
    state, moved = initialize_training(network, settings, moons()), list[set[str]]()
    before = network.parameters.vector.copy()
    for event in train(network, state, settings, moons()):
        if isinstance(event, EpochEnd):
            now, then = (network.parameters.views(vector) for vector in (network.parameters.vector, before))
            moved.append({name.split(".")[0] for name in now if not np.array_equal(now[name], then[name])})
            before = network.parameters.vector.copy()
    assert moved == [{"4"}, {"4"}, {"2", "4"}, {"2", "4"}, {"0", "2", "4"}, {"0", "2", "4"}]


def test_training_after_unfreezing_has_the_bits_of_a_new_run() -> None:
    settings = spec(precision="float64", shuffle=False, frozen=(0,), optimizer=AdamSpec())
    network, first = exact(), settings.model_copy(update={"unfreeze_every": 2, "epochs": 5})
    list(train(network, initialize_training(network, first, moons()), first, moons()))
    split = exact()
    for part in ({"epochs": 2}, {"epochs": 3, "frozen": ()}):
        own = settings.model_copy(update=part)
        following = exact()
        if split.initialized:
            following.load_torch_state(split.torch_state())
        list(train(following, initialize_training(following, own, moons()), own, moons()))
        split = following
    np.testing.assert_array_equal(network.parameters.vector, split.parameters.vector)


def test_layers_that_do_not_exist_cannot_be_unfrozen() -> None:
    network, settings = exact(), spec(precision="float64", frozen=(0, 9), unfreeze_every=1)
    with pytest.raises(ValueError, match=r"layers \[9\] have no parameters to freeze"):
        list(train(network, initialize_training(network, settings, moons()), settings, moons()))
