"""A parameter update accumulates, penalizes, clips, bounds and averages as specified."""

from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Arena, Array, Columns
from engine.network import Network
from engine.parameters import Parameters, squared_norm
from engine.spec import (
    AdamWSpec,
    AttentionSpec,
    AveragingSpec,
    DenseSpec,
    FlattenSpec,
    LayerSpec,
    RegularizationSpec,
    ReshapeSpec,
    SgdSpec,
    TrainingSpec,
)
from engine.training.clipping import gradient_clippers
from engine.training.events import EpochEnd
from engine.training.loop import train
from engine.training.regularization import MaxNorm, Penalty
from engine.training.state import final_parameters, initialize_training
from engine.training.update_memory import allocate_update_memory
from tests.support.training_runs import best, exact, moons, run, spec


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


def test_penalties_and_weight_decay_have_a_factor_for_each_layer() -> None:
    """Without gradients, weights shrink by their own factor only."""
    layers = [DenseSpec(units=3), DenseSpec(units=3), DenseSpec(units=3)]
    wanted = RegularizationSpec(l2=0.5, layers=(1.0, 0.0, 0.25), output=2.0)
    training = TrainingSpec(regularization=wanted, optimizer=AdamWSpec(learning_rate=0.1, weight_decay=1.0))
    network = Network(layers, inputs=3, outputs=2, loss="mean_squared_error", precision="float64")
    network.allocate(4, training=True)
    network.parameters.learned.fill(1)
    memory = allocate_update_memory(network, training)
    penalty = Penalty(wanted, network.parameters, memory.optimizer.scratch)
    penalty.add_gradient()
    gradients = network.parameters.views(network.parameters.gradients)
    assert [gradients[f"{index}.weight"][0, 0] for index in (0, 2, 4, 6)] == [0.5, 0.0, 0.125, 1.0]
    assert penalty.loss() == 0.25 * (9 + 0.25 * 9 + 2 * 6)
    network.parameters.gradients.fill(0)
    memory.optimizer.step(0.1, 1)  # type: ignore[union-attr]
    values = network.parameters.values
    assert [values[f"{index}.weight"][0, 0] for index in (0, 2, 4, 6)] == pytest.approx([0.9, 1.0, 0.975, 0.8])
    assert all(values[f"{index}.bias"][0] == 1 for index in (0, 2, 4, 6))


@pytest.mark.parametrize("rows", [96, 100, 102, 7], ids=str)
def test_accumulated_batches_equal_one_larger_batch(rows: int) -> None:
    data = moons(rows)
    weighted = Rows(data.x, data.y, np.random.default_rng(0).random(rows) + 0.5)
    together = trained(weighted, batch_size=32, epochs=2)
    accumulated = trained(weighted, batch_size=8, accumulate=4, epochs=2)
    np.testing.assert_allclose(accumulated, together, rtol=1e-6, atol=1e-9)


def test_accumulation_is_limited_to_the_batches_of_an_epoch() -> None:
    accumulated = trained(moons(50), batch_size=8, accumulate=1_000)
    np.testing.assert_allclose(accumulated, trained(moons(50), batch_size=50), rtol=1e-6, atol=1e-9)


def test_the_reported_gradient_norm_is_that_of_updates() -> None:
    found = {}
    for fields in ({"batch_size": 32}, {"batch_size": 8, "accumulate": 4}):
        _, events = run(exact(), spec(precision="float64", epochs=1, **fields), moons(64))
        found[len(fields)] = events[-2].metrics["gradient_norm"]
    assert found[1] == pytest.approx(found[2])


@pytest.mark.parametrize("wanted", [{"l1": 0.3}, {"l2": 0.7}, {"l1": 0.2, "l2": 0.1}], ids=str)
def test_the_gradient_of_a_penalty_matches_finite_differences(wanted: dict[str, float]) -> None:
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


def test_penalties_match_their_formula() -> None:
    parameters = some_parameters()
    weights = np.concatenate([parameters.values[name].ravel() for name in ("0.weight", "2.weight")])
    penalty = Penalty(RegularizationSpec(l1=0.3, l2=0.5), parameters, np.empty(100))
    assert penalty.loss() == pytest.approx(0.3 * np.abs(weights).sum() + 0.25 * (weights**2).sum())


def test_an_l2_penalty_shrinks_weights() -> None:
    free, held = (trained(moons(), regularization=RegularizationSpec(l2=l2), epochs=20) for l2 in (0.0, 0.1))
    assert np.linalg.norm(held) < 0.8 * np.linalg.norm(free)


def some_network(*layers: LayerSpec) -> Network:
    """A network with random gradients."""
    network = exact(*layers)
    initialize_training(network, spec(precision="float64"), moons())
    network.parameters.gradients[:] = np.random.default_rng(0).standard_normal(network.parameters.size)
    return network


def test_clip_value_clips_only_values_beyond_the_bound() -> None:
    network = some_network(DenseSpec(units=3))
    before = network.parameters.gradients.copy()
    (clip,) = gradient_clippers(TrainingSpec(clip_value=0.5), network)
    clip()
    np.testing.assert_array_equal(network.parameters.gradients, before.clip(-0.5, 0.5))


def test_clip_layer_norm_clips_only_layers_beyond_the_bound() -> None:
    network = some_network(DenseSpec(units=3))
    network.parameters.gradients[:] = 1
    views = network.parameters.views(network.parameters.gradients)
    views["2.weight"][:] = views["2.bias"][:] = 0.01
    for clip in gradient_clippers(TrainingSpec(clip_layer_norm=0.6), network):
        clip()
    assert np.hypot(np.linalg.norm(views["0.weight"]), np.linalg.norm(views["0.bias"])) == pytest.approx(0.6)
    np.testing.assert_allclose(views["0.weight"], views["0.weight"][0, 0])
    assert (views["2.weight"] == 0.01).all()


def test_attention_is_clipped_as_one_layer() -> None:
    network = some_network(ReshapeSpec(shape=(1, 2)), AttentionSpec(), FlattenSpec())
    for clip in gradient_clippers(TrainingSpec(clip_layer_norm=0.5), network):
        clip()
    views = network.parameters.views(network.parameters.gradients)
    norms = [np.linalg.norm(view) for name, view in views.items() if name.startswith("1.")]
    assert np.linalg.norm(norms) == pytest.approx(0.5)


def test_values_are_clipped_first_then_layers_then_the_whole_gradient() -> None:
    network = some_network(DenseSpec(units=3))
    network.parameters.gradients[:] = 100
    for clip in gradient_clippers(TrainingSpec(clip_value=1.0, clip_layer_norm=1.0, clip_norm=0.5), network):
        clip()
    views = network.parameters.views(network.parameters.gradients)
    assert np.linalg.norm(network.parameters.gradients) == pytest.approx(0.5)
    last = np.hypot(np.linalg.norm(views["2.weight"]), np.linalg.norm(views["2.bias"]))
    assert last == pytest.approx(0.5 / np.sqrt(2))


def test_max_norm_scales_down_weight_vectors_beyond_the_bound() -> None:
    parameters = some_parameters(frozenset({"2.weight"}))
    before = {name: value.copy() for name, value in parameters.values.items()}
    MaxNorm(1.5, parameters).apply()
    lengths = np.linalg.norm(before["0.weight"], axis=1, keepdims=True)
    assert lengths.min() < 1.5 < lengths.max()
    np.testing.assert_allclose(parameters.values["0.weight"], before["0.weight"] * np.minimum(1, 1.5 / lengths))
    np.testing.assert_array_equal(parameters.values["0.bias"], before["0.bias"])
    np.testing.assert_array_equal(parameters.values["2.weight"], before["2.weight"])


def test_max_norm_holds_after_every_step() -> None:
    network, settings = exact(), spec(precision="float64", regularization=RegularizationSpec(max_norm=0.4))
    for _ in train(network, initialize_training(network, settings, moons()), settings, moons()):
        assert (
            max(np.linalg.norm(w, axis=1).max() for w in network.parameters.values.values() if w.ndim == 2) < 0.4 + 1e-9
        )


def test_averaged_parameters_follow_their_formula_and_are_kept() -> None:
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


def test_averaged_parameters_are_validated_and_kept() -> None:
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


def test_averaging_does_not_change_training() -> None:
    np.testing.assert_array_equal(trained(moons(64), averaging=AveragingSpec()), trained(moons(64)))


def test_update_memory_is_allocated_only_for_used_features() -> None:
    network = exact()
    network.allocate(8, training=True)
    plain = allocate_update_memory(network, spec(optimizer=SgdSpec()))
    assert (plain.accumulated_gradient, plain.averaged_parameters, plain.bytes) == (None, None, 0)
    more = allocate_update_memory(network, spec(optimizer=SgdSpec(), accumulate=2, averaging=AveragingSpec()))
    assert more.bytes == 2 * network.parameters.vector.nbytes


def test_norms_beyond_the_range_of_float32_are_measured_in_float64() -> None:
    large = np.full(4, 2e19, dtype=np.float32)
    assert squared_norm(large) == pytest.approx(1.6e39)
    assert squared_norm(np.full(4, 1e-25, dtype=np.float32)) == pytest.approx(4e-50)
    assert squared_norm(np.array([3, 4], dtype=np.float32)) == 25
    assert np.isnan(squared_norm(np.array([np.nan], dtype=np.float32)))
