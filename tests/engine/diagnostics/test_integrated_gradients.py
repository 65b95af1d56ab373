"""Contributions of inputs add up to what an answer differs from the baseline answer by, for every layer and loss."""

import numpy as np
import pytest

from engine.diagnostics.input_gradient import InputGradient
from engine.diagnostics.integrated_gradients import Floats, Integrated, Member, integrate_gradients
from engine.layers.padding.use_masks import ignores_padding
from engine.memory import Array
from engine.network import Network
from engine.spec import DenseSpec, MeanSquaredErrorSpec
from tests.support.losses import SPECS, THREE, differences, ready
from tests.support.reference_cases import CASES, Case


def first_output(outputs: Floats, _: Array) -> tuple[Floats, Floats]:
    gradient = np.zeros_like(outputs)
    gradient.reshape(len(outputs), -1)[:, 0] = 1
    return outputs.reshape(len(outputs), -1)[:, 0], gradient


def explain(network: Network, x: Array, weight: float = 1.0) -> Integrated:
    gradient = InputGradient(network)
    z = gradient.points(x)
    member = Member(gradient=gradient, weight=weight, z=z, baseline=z.mean(axis=0))
    return integrate_gradients([member], first_output, tolerance=1e-4)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_contributions_add_up(case: Case) -> None:
    network, (x, _) = case.network(), case.batch()
    if ignores_padding(network.sequential):  # predictions of such models are not explained
        return
    found = explain(network, x)
    answers = np.asarray(network.predict(x), np.float64).reshape(len(x), -1)[:, 0]
    np.testing.assert_allclose(found.answers, answers, rtol=1e-4, atol=1e-5)
    assert found.contributions[0].shape == x.shape
    sums = found.contributions[0].sum(axis=1)
    np.testing.assert_allclose(sums, found.answers - found.baseline, atol=1e-3)


@pytest.mark.parametrize("spec", [*SPECS.values(), THREE], ids=[*SPECS, "three targets"])
def test_the_gradient_of_an_activation_is_its_derivative(spec: object) -> None:
    rng, loss = np.random.default_rng(0), ready(spec, (6,), 3)  # type: ignore[arg-type]
    logits, dy = rng.standard_normal((3, 6)), rng.standard_normal((3, 6))
    numeric = differences(lambda at: float(np.sum(dy * loss.activate(at.copy()))), logits)
    found = loss.activation_gradient(loss.activate(logits.copy()), dy)
    np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-9)


def test_a_linear_network_contributes_weight_times_distance() -> None:
    network = Network([], inputs=3, outputs=1, loss=MeanSquaredErrorSpec(), precision="float64")
    network.parameters.vector[:] = [2, -1, 0, 5]
    x = np.array([[1.0, 1.0, 1.0], [3.0, 1.0, 7.0]])
    found = explain(network, x)
    np.testing.assert_allclose(found.contributions[0], [[-2, 0, 0], [2, 0, 0]], atol=1e-12)


def test_members_share_an_answer_by_their_weights() -> None:
    network = Network([DenseSpec(units=4)], inputs=3, outputs=1, loss=MeanSquaredErrorSpec(), precision="float64")
    network.initialize(np.random.default_rng(0))
    gradient, z = InputGradient(network), np.random.default_rng(1).standard_normal((300, 3))
    members = [Member(gradient=gradient, weight=share, z=z, baseline=np.zeros(3)) for share in (0.25, 0.75)]
    found = integrate_gradients(members, first_output, tolerance=1e-6)
    np.testing.assert_allclose(3 * found.contributions[0], found.contributions[1])
    total = found.contributions[0] + found.contributions[1]
    np.testing.assert_allclose(total.sum(axis=1), found.answers - found.baseline, atol=1e-3)
