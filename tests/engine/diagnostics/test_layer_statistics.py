"""Layer statistics are correct, measured rarely, and do not change a run."""

import numpy as np
import pytest

from engine.diagnostics.layer_statistics import MIN_STEPS_BETWEEN, LayerMonitor, LayerStatistics
from engine.diagnostics.leaf_layers import leaf_layers
from engine.spec import AdamSpec, Conv2dSpec, DenseSpec, DropoutSpec, ReshapeSpec, ResidualSpec, SgdSpec
from engine.training import checkpoint
from engine.training.events import EpochEnd
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.reference_cases import CASES
from tests.support.training_runs import classifier, moons, run, small, spec


def measured_epochs(events: list[object]) -> list[EpochEnd]:
    return [event for event in events if isinstance(event, EpochEnd) and event.layers]


def by_label(end: EpochEnd) -> dict[str, LayerStatistics]:
    return {layer.label: layer for layer in end.layers}


def test_the_first_and_last_epoch_are_measured_and_few_between() -> None:
    _, events = run(small(), spec(epochs=40), moons(320))  # 10 steps each
    assert [end.epoch for end in measured_epochs(events)] == [1, 26, 40]
    assert MIN_STEPS_BETWEEN == 256


def test_every_long_epoch_is_measured() -> None:
    network = small()
    network.allocate(256, training=True)
    monitor = LayerMonitor(network, np.zeros((100_000, 2), np.float32), steps_per_epoch=1_000, epochs=9)
    assert all(monitor.is_due(epoch) for epoch in range(1, 10))


def test_sizes_are_root_mean_squares_of_the_last_step() -> None:
    network, rows = classifier(DenseSpec(units=7)), moons(32)
    state, events = run(network, spec(epochs=1, optimizer=SgdSpec(learning_rate=0.5)), rows)
    before = classifier(DenseSpec(units=7))
    initialize_training(before, spec(), rows)
    sizes = by_label(measured_epochs(events)[0])["layers[0] (dense)"]
    names = ("0.weight", "0.bias")
    old = np.concatenate([before.parameters.values[name].ravel() for name in names])
    new = np.concatenate([state.parameters.values[name].ravel() for name in names])
    assert sizes.weight == pytest.approx(np.sqrt(np.mean(old**2)))
    assert sizes.update == pytest.approx(np.sqrt(np.mean((new - old) ** 2)), rel=1e-4)
    assert sizes.gradient == pytest.approx(2 * sizes.update, rel=1e-4)
    hidden = np.maximum(rows.x @ network.parameters.values["0.weight"].T + network.parameters.values["0.bias"], 0)
    assert sizes.activation == pytest.approx(np.sqrt(np.mean(hidden**2)), rel=1e-4)
    assert sizes.dead == np.mean((hidden == 0).all(axis=0))


def test_shares_of_dead_and_saturated_units_are_correct() -> None:
    network = classifier(DenseSpec(units=4), DenseSpec(units=2, activation="sigmoid"))
    rows = moons(100).x
    network.allocate(128, training=True)
    network.parameters.values["0.bias"][:] = [-9, -9, 1, 1]
    network.parameters.values["2.bias"][:] = [9, 0]
    layers = {
        sizes.label: sizes for sizes in LayerMonitor(network, rows, steps_per_epoch=1, epochs=1).measure_layers({})
    }
    assert (layers["layers[0] (dense)"].dead, layers["layers[0] (dense)"].saturated) == (0.5, None)
    assert (layers["layers[1] (dense)"].dead, layers["layers[1] (dense)"].saturated) == (0.5, 0.5)
    assert layers["output"].dead is None


def test_layers_inside_blocks_are_measured_separately() -> None:
    network = classifier(DenseSpec(units=4), ResidualSpec(layers=[DenseSpec(units=4), DropoutSpec(rate=0.1)]))
    prefixes = [prefix for prefix, _ in leaf_layers(network.sequential)]
    assert prefixes == ["0.", "1.", "2.body.0.", "2.body.1.", "2.body.2.", "3."]
    _, events = run(network, spec(epochs=1), moons())
    inner = by_label(measured_epochs(events)[0])["layers[1] (residual).layers[0] (dense)"]
    assert inner.gradient
    assert inner.activation


def test_samples_of_large_layers_are_representative() -> None:
    network = classifier(DenseSpec(units=400), inputs=784)
    network.initialize(np.random.default_rng(0))
    network.allocate(256, training=True)
    network.parameters.gradients[:] = np.random.default_rng(1).standard_normal(network.parameters.size)
    found = LayerMonitor(network, np.zeros((10, 784), np.float32), steps_per_epoch=1, epochs=1).measure_update(
        lambda: None
    )
    weights = network.parameters.values["0.weight"]
    exact = np.sqrt(np.square(weights).sum() / (weights.size + 400))
    assert found["layers[0] (dense)"] == pytest.approx([1, exact, 0], rel=0.05)


def test_a_run_resumed_before_a_measurement_gives_the_same_statistics() -> None:
    rows, settings = moons(64), spec(epochs=1, optimizer=AdamSpec(learning_rate=0.01))
    network = small()
    state = initialize_training(network, settings, rows)
    events = train(network, state, settings, rows)
    next(events)
    next(events)
    saved = checkpoint.dump(state)
    whole = next(events)
    other = small()
    resumed = next(train(other, checkpoint.load(saved, other, settings, rows), settings, rows))
    assert isinstance(whole, EpochEnd)
    assert isinstance(resumed, EpochEnd)
    assert whole.layers == resumed.layers != ()


def test_the_unit_of_an_image_is_a_channel() -> None:
    layers = [ReshapeSpec(shape=[1, 4, 4]), Conv2dSpec(channels=4, kernel=3)]
    network = classifier(*layers, inputs=16)
    network.allocate(256, training=True)
    network.parameters.values["1.bias"][:] = [-9, 1, 1, 1]
    sizes = LayerMonitor(network, np.zeros((50, 16), np.float32), steps_per_epoch=1, epochs=1).measure_layers({})
    assert {layer.label: layer.dead for layer in sizes}["layers[1] (conv2d)"] == 0.25


@pytest.mark.parametrize("name", CASES)
def test_every_layer_type_is_measured(name: str) -> None:
    case = CASES[name]
    network = case.network()
    network.allocate(128, training=True)
    x, y = case.batch()
    sample_weights = np.full(len(x), 1 / len(x), np.float32)
    network.backpropagate(x, network.loss.as_targets(y, network.dtype), sample_weights, np.random.default_rng(0))
    monitor = LayerMonitor(network, x, steps_per_epoch=1, epochs=1)
    sizes = monitor.measure_layers(monitor.measure_update(lambda: network.parameters.learned.__iadd__(0.125)))
    learners = {layer.label for _, layer in leaf_layers(network.sequential) if layer.parameter_shapes()}
    assert {layer.label for layer in sizes if layer.gradient} == learners
    assert all(layer.update == pytest.approx(0.125) for layer in sizes if layer.label in learners)
    assert {layer.label for layer in sizes if layer.activation} >= learners
