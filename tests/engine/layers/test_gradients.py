"""Gradients agree with differences of the loss, for every activation and loss."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.memory import Shape
from engine.spec import ActivationName, ActivationSpec, DenseSpec, DropoutSpec, LayerSpec, LossName
from tests.support.gradient_checks import ACTIVATIONS, LOSSES, assert_gradients, case, make_network
from tests.support.layer_harness import LayerHarness, assert_exact, derivatives


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss_has_the_right_gradient(activation: ActivationName, loss: LossName) -> None:
    layers = [DenseSpec(units=4, activation=activation), DenseSpec(units=3, activation=activation)]
    assert_gradients(*case(layers, loss))


def test_dropout_has_the_gradient_of_its_mask() -> None:
    layers: list[LayerSpec] = [DropoutSpec(rate=0.3), DenseSpec(units=6, activation="tanh"), DropoutSpec(rate=0.5)]
    assert_gradients(*case(layers, "softmax_cross_entropy"))


dense = st.builds(DenseSpec, units=st.integers(1, 5), activation=st.sampled_from(ACTIVATIONS))


dropout = st.builds(DropoutSpec, rate=st.sampled_from([0.0, 0.25, 0.6]))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    layers=st.lists(dense | dropout, max_size=4),
    loss=st.sampled_from(LOSSES),
    rows=st.integers(1, 6),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 3),
)
def test_random_layers_have_the_right_gradient(
    layers: Sequence[LayerSpec], loss: LossName, rows: int, inputs: int, outputs: int
) -> None:
    if loss == "softmax_cross_entropy":
        outputs += 1  # a single class has no gradient
    network, x, targets, sample_weights = case(layers, loss, rows=rows, inputs=inputs, outputs=outputs)
    assert_gradients(network, x, targets, sample_weights)


@pytest.mark.parametrize("activation", ["linear", "tanh", "sigmoid", "silu", "mish", "gelu"])
@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_analytic_activations_agree_with_the_complex_step(activation: ActivationName, shape: Shape) -> None:
    """A complex step has no cancellation, so the results agree to the last digits."""
    harness = LayerHarness(
        [DenseSpec(units=4, activation=activation), ActivationSpec(function=activation)], shape, complex
    )
    x, dy = harness.inputs(), harness.outputs()
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))
    assert_exact(dx, derivatives(harness, x, dy, x))


def test_the_first_trainable_layer_computes_no_input_gradient() -> None:
    network = make_network([DropoutSpec(rate=0.1), DenseSpec(units=4), DenseSpec(units=4)])
    dense_layers = [network.layers[index] for index in network.trainable]
    assert [layer.passes_gradient for layer in dense_layers] == [False, True, True]
    assert not hasattr(dense_layers[0], "dx")
