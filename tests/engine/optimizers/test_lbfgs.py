"""L-BFGS finds minima of smooth functions in few evaluations, and never ends at a worse point."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.memory import Arena, Array
from engine.optimizers.build import build
from engine.optimizers.lbfgs import MAX_TRIALS
from engine.optimizers.line_search import LineSearch
from engine.optimizers.optimizer import UpdateRule
from engine.parameters import Parameters
from engine.spec import LbfgsSpec

Function = Callable[[Array], tuple[float, Array]]


def rosenbrock(x: Array) -> tuple[float, Array]:
    """The function of Rosenbrock, 1960: a curved valley whose minimum is 0 at (1, ..., 1)."""
    bend = x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[1:] += 200 * bend
    gradient[:-1] += -400 * bend * x[:-1] - 2 * (1 - x[:-1])
    return float((100 * bend**2 + (1 - x[:-1]) ** 2).sum()), gradient


def quadratic(x: Array) -> tuple[float, Array]:
    """A quadratic function that is a hundred times steeper in one direction than in another."""
    steepness = np.geomspace(1, 100, x.size)
    return float(steepness @ x**2) / 2, steepness * x


def cliff(x: Array) -> tuple[float, Array]:
    """-log(x) + x, which is not a number for x < 0. Its minimum is at 1."""
    with np.errstate(invalid="ignore"):
        return float((x - np.log(x)).sum()), 1 - 1 / x


def minimize(f: Function, start: Array, steps: int, spec: LbfgsSpec) -> tuple[list[float], Parameters, UpdateRule]:
    arena = Arena()
    parameters = Parameters({"x": (start.size, 1)}, np.dtype("float64"), arena)
    parameters.allocate_gradients(arena)
    parameters.vector[:] = start
    rule, losses = build(spec, parameters, arena), []
    for count in range(1, steps + 1):
        loss, parameters.gradients[:] = f(parameters.vector)
        losses.append(loss)
        if isinstance(rule, LineSearch):
            rule.search(spec.learning_rate, loss)
        else:
            rule.step(spec.learning_rate, count)
    if isinstance(rule, LineSearch):
        rule.restore_accepted()
    return losses, parameters, rule


def test_lbfgs_finds_the_minimum_of_the_rosenbrock_function() -> None:
    _, parameters, _ = minimize(rosenbrock, np.tile([-1.2, 1.0], 5), 130, LbfgsSpec())
    np.testing.assert_allclose(parameters.vector, 1, atol=1e-8)


@pytest.mark.parametrize("spec", [LbfgsSpec(), LbfgsSpec(line_search=False)], ids=["search", "no search"])
def test_a_quadratic_function_takes_a_few_steps(spec: LbfgsSpec) -> None:
    _, parameters, _ = minimize(quadratic, np.ones(6), 40, spec)
    assert quadratic(parameters.vector)[0] < 1e-12


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_the_unit_of_the_loss_does_not_matter(unit: float) -> None:
    """The first step has at most length 1, so it is long in small units."""
    scaled = lambda x: tuple(unit * part for part in quadratic(x))  # noqa: E731 - a value
    _, parameters, rule = minimize(scaled, np.ones(6), 60, LbfgsSpec())
    assert rule.scalars["pairs"] > 3
    assert quadratic(parameters.vector)[0] < 1e-8


def test_a_step_to_an_undefined_point_is_undone() -> None:
    losses, parameters, _ = minimize(cliff, np.full(3, 20.0), 300, LbfgsSpec(learning_rate=100))
    assert np.isnan(losses).any()
    np.testing.assert_allclose(parameters.vector, 1, atol=1e-6)


def test_the_final_point_is_never_worse_than_the_first() -> None:
    for steps in range(2, 40):
        losses, parameters, _ = minimize(rosenbrock, np.array([-1.2, 1.0]), steps, LbfgsSpec())
        assert rosenbrock(parameters.vector)[0] <= losses[0]


def test_a_useless_direction_is_abandoned_after_the_maximum_of_trials() -> None:
    start = np.array([-1.2, 1.0])
    slope = rosenbrock(start)[1]
    losses, parameters, rule = minimize(
        lambda x: (float((x != start).any()), slope), start, MAX_TRIALS + 3, LbfgsSpec()
    )
    assert losses[0] == 0
    assert rule.scalars["tries"] <= 1
    np.testing.assert_array_equal(parameters.vector, start)


def test_the_history_is_limited_to_its_size() -> None:
    _, parameters, rule = minimize(rosenbrock, np.tile([-1.2, 1.0], 2), 60, LbfgsSpec(history=2))
    assert len(rule.state) == 3 + 2 * 2
    assert rule.scalars["pairs"] > 2
    assert rosenbrock(parameters.vector)[0] < 1


def test_the_first_step_has_at_most_length_one() -> None:
    start = np.array([3.0, -2.0])
    _, parameters, _ = minimize(quadratic, start, 1, LbfgsSpec(line_search=False))
    assert np.abs(parameters.vector - start).sum() == pytest.approx(1)


def test_a_hundred_steps_without_line_search_equal_those_of_pytorch() -> None:
    """PyTorch 2.13: LBFGS([x], lr=0.2, max_iter=1, history_size=5, tolerance_grad=0, tolerance_change=0)."""
    spec = LbfgsSpec(line_search=False, learning_rate=0.2, history=5)
    losses, parameters, _ = minimize(rosenbrock, np.tile([-1.2, 1.0], 2), 100, spec)
    theirs = [0.9314154614281277, 0.8666665380352575, 0.7487542920427538, 0.5561633759859932]
    np.testing.assert_allclose(parameters.vector, theirs, rtol=1e-6)
    assert losses[-1] == pytest.approx(0.08960991468306664, rel=1e-5)
