"""One measured step of a trained network: consistent with backpropagation, and without effect on the network."""

import math

import numpy as np
import pytest

from engine.measured_step.step import MeasuredStep, measure_step
from engine.network import Network
from engine.spec import BatchNormSpec, DenseSpec, DropoutSpec, ScaleSpec, TrainingSpec
from engine.training.state import Member
from tests.support import training_runs
from tests.support.training_runs import exact, moons, regressor, run, small


def measured(network: Network, spec: TrainingSpec) -> MeasuredStep:
    """Train a network and measure a step of it, which must leave the parameters as they are."""
    rows = moons()
    state, _ = run(network, spec, rows)
    before = network.parameters.vector.copy()
    step = measure_step(Member(network=network, training=rows, validation=None, spec=spec), state)
    assert np.array_equal(network.parameters.vector, before)
    return step


def test_the_gradient_of_a_weight_is_the_product_along_its_paths() -> None:
    network = exact(DenseSpec(units=1, activation="tanh"), DropoutSpec(rate=0.5), DenseSpec(units=1, activation="tanh"))
    step = measured(network, training_runs.spec(batch_size=16))
    path = step.weight
    assert path is not None
    assert [factor.kind for factor in path.factors] == ["input", "slope", "weight", "slope", "weight", "error"]
    assert path.path == pytest.approx(math.prod(factor.value for factor in path.factors))
    through_each_output = [
        path.path / path.factors[-1].value / path.factors[-2].value * weight * error
        for weight, error in zip(network.parameters.values["5.weight"][:, 0], _errors(step), strict=True)
    ]
    assert sum(through_each_output) == pytest.approx(path.row_gradient)
    assert path.gradient == pytest.approx(_gradient(network, step.rows)[path.index])


def _gradient(network: Network, size: int) -> np.ndarray:
    """Return the gradient of the first weights on the evenly spaced rows of the mini-batch."""
    rows = moons()
    chosen = slice(None, size * (len(rows) // size), len(rows) // size)
    x, y = rows.x[chosen].astype(network.dtype), rows.y[chosen]
    network.backpropagate(x, network.loss.as_targets(y, network.dtype), np.full(size, 1 / size), None)
    return network.parameters.views(network.parameters.gradients)["0.weight"]


def _errors(step: MeasuredStep) -> list[float]:
    """Return the gradient of the two logits of the row that is followed: (probability - truth) / rows."""
    assert step.answer is not None
    truth = int(step.answer.truth[0])
    return [(output - (index == truth)) / step.rows for index, output in enumerate(step.answer.outputs)]


def test_each_layer_passes_on_what_arrives_at_the_layer_before() -> None:
    step = measured(small(), training_runs.spec())
    first, *others = [layer for layer in step.passes.layers if layer.type != "dropout"]
    assert (first.label, first.gradient_out) == ("layers[0] (dense)", None)
    assert [layer.gradient_out for layer in others] == [step.passes.layers[1].gradient_in, others[0].gradient_in]
    assert all(layer.forward_seconds > 0 and layer.backward_seconds > 0 for layer in (first, *others))
    assert step.update is not None
    assert [each.label for each in step.update.layers] == ["layers[0] (dense)", "layers[2] (dense)", "output"]
    assert all(0 < (each.relative or 0) < 0.1 for each in step.update.layers)


def test_measuring_is_deterministic_but_for_the_seconds() -> None:
    first, second = (measured(small(), training_runs.spec()) for _ in range(2))
    assert (first.weight, first.answer, first.drawing) == (second.weight, second.answer, second.drawing)


def test_a_path_goes_through_scales_and_normalization() -> None:
    layers = (ScaleSpec(), DenseSpec(units=4), BatchNormSpec(), DenseSpec(units=3, activation="relu"))
    step = measured(exact(*layers), training_runs.spec())
    path = step.weight
    assert path is not None
    assert path.input is not None
    assert "scale" in {factor.kind for factor in path.factors}
    assert path.path == pytest.approx(math.prod(factor.value for factor in path.factors))


def test_line_searches_have_no_single_step() -> None:
    spec = training_runs.spec(optimizer={"type": "lbfgs"}, batch_size=300)
    rows = training_runs.line()
    network = regressor(DenseSpec(units=3, activation="tanh"))
    state, _ = run(network, spec, rows)
    step = measure_step(Member(network=network, training=rows, validation=None, spec=spec), state)
    assert step.update is None
    assert step.weight is not None


def test_frozen_layers_learn_nothing() -> None:
    step = measured(small(), training_runs.spec(frozen=(0,)))
    frozen, *_ = step.passes.layers
    assert (frozen.frozen, frozen.gradient_in, frozen.weight_gradient, frozen.flops_backward) == (True, None, None, 0)
    assert step.weight is not None
    assert step.weight.layer == "layers[2] (dense)"
