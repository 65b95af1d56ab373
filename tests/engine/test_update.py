"""What happens between a gradient and the next step: accumulation, penalties, clipping, bounds, averaging, freezing."""

from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Arena, Array, Columns
from engine.network import Network
from engine.parameters import Parameters
from engine.spec import (
    AttentionSpec,
    AveragingSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    EarlyStoppingSpec,
    FlattenSpec,
    LayerSpec,
    LbfgsSpec,
    RegularizationSpec,
    ReshapeSpec,
    SgdSpec,
    TrainingSpec,
)
from engine.streams import stream
from engine.training.clipping import gradient_clippers
from engine.training.events import EpochEnd
from engine.training.loop import train
from engine.training.regularization import MaxNorm, Penalty
from engine.training.state import final_parameters, initialize_training
from engine.training.update_memory import allocate_update_memory
from tests.support.training_runs import best, moons, run, spec

LAYERS = (DenseSpec(units=5, activation="tanh"), DenseSpec(units=4, activation="tanh"))


def exact(*layers: LayerSpec) -> Network:
    """A network for two classes on float64."""
    return Network(layers or LAYERS, inputs=2, outputs=2, loss="softmax_cross_entropy", precision="float64")


def trained(rows: Rows, **fields: Any) -> Array:
    network = exact()
    run(network, spec(precision="float64", **fields), rows)
    return network.parameters.vector


def some_parameters(frozen: frozenset[str] = frozenset()) -> Parameters:
    arena = Arena()
    parameters = Parameters(
        {"0.weight": Columns((3, 4)), "0.bias": (3,), "2.weight": (2, 3)}, np.dtype("float64"), arena
    )
    parameters.allocate_gradients(arena)
    parameters.frozen = frozen
    rng = np.random.default_rng(0)
    parameters.vector[:] = rng.standard_normal(parameters.size)
    parameters.gradients[:] = rng.standard_normal(parameters.size)
    return parameters


@pytest.mark.parametrize("rows", [96, 100, 102, 7], ids=str)
def test_batches_that_are_accumulated_are_one_larger_batch(rows: int) -> None:
    data = moons(rows)
    weighted = Rows(data.x, data.y, np.random.default_rng(0).random(rows) + 0.5)
    together = trained(weighted, batch_size=32, epochs=2)
    accumulated = trained(weighted, batch_size=8, accumulate=4, epochs=2)
    np.testing.assert_allclose(accumulated, together, rtol=1e-6, atol=1e-9)


def test_more_batches_than_an_epoch_has_are_accumulated_to_all_rows() -> None:
    accumulated = trained(moons(50), batch_size=8, accumulate=1_000)
    np.testing.assert_allclose(accumulated, trained(moons(50), batch_size=50), rtol=1e-6, atol=1e-9)


def test_the_gradient_norm_reported_is_that_of_updates() -> None:
    found = {}
    for fields in ({"batch_size": 32}, {"batch_size": 8, "accumulate": 4}):
        _, events = run(exact(), spec(precision="float64", epochs=1, **fields), moons(64))
        found[len(fields)] = events[-2].metrics["gradient_norm"]
    assert found[1] == pytest.approx(found[2])


@pytest.mark.parametrize("wanted", [{"l1": 0.3}, {"l2": 0.7}, {"l1": 0.2, "l2": 0.1}], ids=str)
def test_a_penalty_has_the_gradient_of_what_it_adds_to_the_loss(wanted: dict[str, float]) -> None:
    parameters = some_parameters(frozenset({"2.weight"}))
    penalty = Penalty(RegularizationSpec(**wanted), parameters, np.empty(5))
    before = parameters.gradients.copy()
    penalty.add_gradient()
    added = parameters.gradients - before
    for index in range(parameters.size):
        losses = []
        for step in (1e-6, -2e-6):
            parameters.vector[index] += step
            losses.append(penalty.loss())
        parameters.vector[index] += 1e-6
        assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(added[index], rel=1e-6, abs=1e-8)
    views = parameters.views(added)
    assert views["0.weight"].all()
    assert not views["0.bias"].any()
    assert not views["2.weight"].any()


def test_penalties_are_those_written_down() -> None:
    parameters = some_parameters()
    weights = np.concatenate([parameters.values[name].ravel() for name in ("0.weight", "2.weight")])
    penalty = Penalty(RegularizationSpec(l1=0.3, l2=0.5), parameters, np.empty(100))
    assert penalty.loss() == pytest.approx(0.3 * np.abs(weights).sum() + 0.25 * (weights**2).sum())


def test_an_l2_penalty_makes_weights_smaller() -> None:
    free, held = (trained(moons(), regularization=RegularizationSpec(l2=l2), epochs=20) for l2 in (0.0, 0.1))
    assert np.linalg.norm(held) < 0.8 * np.linalg.norm(free)


def some_network(*layers: LayerSpec) -> Network:
    """A network with random gradients."""
    network = exact(*layers)
    initialize_training(network, spec(precision="float64"), moons())
    network.parameters.gradients[:] = np.random.default_rng(0).standard_normal(network.parameters.size)
    return network


def test_values_are_clipped_to_their_bound_and_smaller_ones_left() -> None:
    network = some_network(DenseSpec(units=3))
    before = network.parameters.gradients.copy()
    (clip,) = gradient_clippers(TrainingSpec(clip_value=0.5), network)
    clip()
    np.testing.assert_array_equal(network.parameters.gradients, before.clip(-0.5, 0.5))


def test_each_layer_is_clipped_to_its_norm_and_smaller_ones_left() -> None:
    network = some_network(DenseSpec(units=3))
    network.parameters.gradients[:] = 1
    views = network.parameters.views(network.parameters.gradients)
    views["2.weight"][:] = views["2.bias"][:] = 0.01
    for clip in gradient_clippers(TrainingSpec(clip_layer_norm=0.6), network):
        clip()
    assert np.hypot(np.linalg.norm(views["0.weight"]), np.linalg.norm(views["0.bias"])) == pytest.approx(0.6)
    np.testing.assert_allclose(views["0.weight"], views["0.weight"][0, 0])
    assert (views["2.weight"] == 0.01).all()


def test_attention_is_one_layer_to_clip() -> None:
    network = some_network(ReshapeSpec(shape=(1, 2)), AttentionSpec(), FlattenSpec())
    for clip in gradient_clippers(TrainingSpec(clip_layer_norm=0.5), network):
        clip()
    views = network.parameters.views(network.parameters.gradients)
    norms = [np.linalg.norm(view) for name, view in views.items() if name.startswith("1.")]
    assert np.linalg.norm(norms) == pytest.approx(0.5)


def test_values_are_clipped_before_layers_and_layers_before_the_whole() -> None:
    network = some_network(DenseSpec(units=3))
    network.parameters.gradients[:] = 100
    for clip in gradient_clippers(TrainingSpec(clip_value=1.0, clip_layer_norm=1.0, clip_norm=0.5), network):
        clip()
    views = network.parameters.views(network.parameters.gradients)
    assert np.linalg.norm(network.parameters.gradients) == pytest.approx(0.5)
    last = np.hypot(np.linalg.norm(views["2.weight"]), np.linalg.norm(views["2.bias"]))
    assert last == pytest.approx(0.5 / np.sqrt(2))


def test_no_vector_of_weights_is_longer_than_the_bound() -> None:
    parameters = some_parameters(frozenset({"2.weight"}))
    before = {name: value.copy() for name, value in parameters.values.items()}
    MaxNorm(1.5, parameters).apply()
    lengths = np.linalg.norm(before["0.weight"], axis=1, keepdims=True)
    assert lengths.min() < 1.5 < lengths.max()
    np.testing.assert_allclose(parameters.values["0.weight"], before["0.weight"] * np.minimum(1, 1.5 / lengths))
    np.testing.assert_array_equal(parameters.values["0.bias"], before["0.bias"])
    np.testing.assert_array_equal(parameters.values["2.weight"], before["2.weight"])


def test_max_norm_holds_at_every_step() -> None:
    network, settings = exact(), spec(precision="float64", regularization=RegularizationSpec(max_norm=0.4))
    for _ in train(network, initialize_training(network, settings, moons()), settings, moons()):
        assert (
            max(np.linalg.norm(w, axis=1).max() for w in network.parameters.values.values() if w.ndim == 2) < 0.4 + 1e-9
        )


def test_the_average_follows_the_parameters_and_is_what_remains() -> None:
    network, rows = exact(), moons(64)
    settings = spec(precision="float64", averaging=AveragingSpec(decay=0.5), epochs=2)
    state = initialize_training(network, settings, rows)
    average = network.parameters.vector.copy()
    for count, event in enumerate(train(network, state, settings, rows), start=1):
        if isinstance(event, EpochEnd):
            continue
        step = count - state.epoch
        if count in {1, 2, 4, 5}:
            decay = min(0.5, (1 + step) / (10 + step))
            average = decay * average + (1 - decay) * network.parameters.vector
    assert state.averaged_parameters is not None
    np.testing.assert_allclose(state.averaged_parameters, average)
    np.testing.assert_array_equal(final_parameters(state), state.averaged_parameters)


def test_the_averaged_network_is_the_one_that_is_judged_and_kept() -> None:
    network, rows, validation = exact(), moons(64), moons(80, seed=1)
    settings = spec(precision="float64", averaging=AveragingSpec(decay=0.9), epochs=1)
    state, events = run(network, settings, rows, validation)
    raw = network.parameters.vector.copy()
    assert state.averaged_parameters is not None
    network.parameters.vector[:] = state.averaged_parameters
    right = network.predict(validation.x)[np.arange(80), validation.y]
    assert events[-2].metrics["val_loss"] == pytest.approx(-np.log(right).mean())
    np.testing.assert_array_equal(best(state).parameters, state.averaged_parameters)
    assert not np.array_equal(raw, state.averaged_parameters)


def test_averaging_does_not_change_the_course_of_training() -> None:
    np.testing.assert_array_equal(trained(moons(64), averaging=AveragingSpec()), trained(moons(64)))


@pytest.mark.parametrize("frozen", [(0,), (1,), (0, 1)], ids=str)
def test_frozen_layers_stay_and_the_others_learn(frozen: tuple[int, ...]) -> None:
    network, settings = exact(), spec(precision="float64", frozen=frozen, regularization=RegularizationSpec(l2=0.1))
    state = initialize_training(network, settings, moons())
    before = {name: value.copy() for name, value in network.parameters.values.items()}
    list(train(network, state, settings, moons()))
    moved = {name for name, value in network.parameters.values.items() if not np.array_equal(value, before[name])}
    still = {f"{2 * index}.{kind}" for index in frozen for kind in ("weight", "bias")}
    assert moved == set(before) - still


def test_what_still_learns_has_the_gradient_it_has_without_freezing() -> None:
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


def test_layers_before_the_first_learner_rest_as_at_inference() -> None:
    network = exact(
        DropoutSpec(rate=0.5), DenseSpec(units=5, activation="tanh"), DropoutSpec(rate=0.5), DenseSpec(units=3)
    )
    initialize_training(network, spec(precision="float64", frozen=(1,)), moons())
    x = moons().x[:5].astype(float)
    assert network.sequential.inference_only == (True, True, True, True, False, False, False)
    np.testing.assert_array_equal(network.layers[0].forward(x, None), x)
    first, second = (network.forward(x, stream(0, "dropout")).copy() for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_frozen_layer_between_learners_rests_too() -> None:
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


def test_layers_that_are_not_there_or_hold_nothing_cannot_be_frozen() -> None:
    network = exact(DropoutSpec(rate=0.5), DenseSpec(units=3))
    with pytest.raises(ValueError, match=r"\[0, 7\]"):
        initialize_training(network, spec(precision="float64", frozen=(0, 1, 7)), moons())


def test_what_is_frozen_is_not_thawed_by_another_run() -> None:
    network = exact()
    initialize_training(network, spec(precision="float64", frozen=(0,)), moons())
    with pytest.raises(ValueError, match="new network"):
        initialize_training(network, spec(precision="float64"), moons())


def test_lbfgs_takes_one_step_per_epoch_whatever_the_batches() -> None:
    losses = []
    for batch_size in (100, 16):
        settings = spec(precision="float64", optimizer=LbfgsSpec(), batch_size=batch_size, epochs=25)
        state, events = run(exact(), settings, moons(100))
        losses.append([event.metrics["train_loss"] for event in events if isinstance(event, EpochEnd)])
        assert state.step == 25
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
    assert losses[0][-1] < 0.1 * losses[0][0]


def test_lbfgs_leaves_a_network_as_good_as_the_best_point_it_saw() -> None:
    network = exact()
    settings = spec(precision="float64", optimizer=LbfgsSpec(learning_rate=1e6), batch_size=100, epochs=12)
    state, events = run(network, settings, moons(100))
    right = network.predict(moons(100).x)[np.arange(100), moons(100).y]
    assert -np.log(right).mean() == pytest.approx(state.optimizer.scalars["loss"])
    assert events[-1].reason == "epochs_done"
    assert all(np.isfinite(list(event.metrics.values())).all() for event in events if isinstance(event, EpochEnd))


def test_what_remains_of_lbfgs_in_the_middle_of_a_search_is_the_last_point_accepted() -> None:
    network, rows = exact(), moons(100)
    settings = spec(precision="float64", optimizer=LbfgsSpec(learning_rate=1e6), batch_size=100, epochs=12)
    state = initialize_training(network, settings, rows)
    searching = 0
    for _ in train(network, state, settings, rows):
        on_trial, kept = network.parameters.vector.copy(), final_parameters(state).copy()
        np.testing.assert_array_equal(network.parameters.vector, on_trial)
        if state.optimizer.scalars["tries"]:
            searching += 1
            network.parameters.vector[:] = kept
            right = network.predict(rows.x)[np.arange(100), rows.y]
            assert -np.log(right).mean() == pytest.approx(state.optimizer.scalars["loss"])
            network.parameters.vector[:] = on_trial
    assert searching


def test_points_that_a_line_search_tries_are_no_epochs_to_lose_patience_over() -> None:
    patient = EarlyStoppingSpec(metric="train_loss", patience=2)
    settings = spec(precision="float64", optimizer=LbfgsSpec(learning_rate=1e6), batch_size=100, epochs=40)
    undisturbed, _ = run(exact(), settings, moons(100))
    stopped, events = run(exact(), settings.model_copy(update={"early_stopping": patient}), moons(100))
    assert events[-1].reason == "epochs_done"
    assert stopped.optimizer.scalars["loss"] == undisturbed.optimizer.scalars["loss"]


def test_lbfgs_takes_penalties_into_its_line_search() -> None:
    network, wanted = exact(), RegularizationSpec(l2=0.05)
    settings = spec(precision="float64", optimizer=LbfgsSpec(), regularization=wanted, batch_size=100, epochs=80)
    state, _ = run(network, settings, moons(100))
    network.backpropagate(moons(100).x.astype(float), moons(100).y, np.full(100, 0.01), stream(0, "dropout"))
    Penalty(wanted, network.parameters, state.optimizer.scratch).add_gradient()
    assert np.linalg.norm(network.parameters.gradients) < 1e-4
    assert state.optimizer.scalars["loss"] > 0


def test_memory_is_taken_for_what_is_wanted_only() -> None:
    network = exact()
    network.allocate(8, training=True)
    plain = allocate_update_memory(network, SgdSpec())
    assert (plain.accumulated_gradient, plain.averaged_parameters, plain.bytes) == (None, None, 0)
    more = allocate_update_memory(network, SgdSpec(), accumulate=2, averaging=AveragingSpec())
    assert more.bytes == 2 * network.parameters.vector.nbytes
