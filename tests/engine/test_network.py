"""Networks predict, reject invalid input, and exchange weights with PyTorch."""

import numpy as np
import pytest

from engine.layers.build import build
from engine.network import BLOCK_ROWS, Network, StateMismatch
from engine.spec import (
    ActivationName,
    ActivationSpec,
    BatchNormSpec,
    Conv2dSpec,
    DenseSpec,
    DropoutSpec,
    InitializerName,
    LayerSpec,
    ReshapeSpec,
    ResidualSpec,
)
from engine.streams import stream
from tests.support.training_runs import classifier, small


def initialized(network: Network) -> Network:
    network.initialize(stream(0, "init"))
    return network


def test_predictions_do_not_depend_on_the_grouping_of_rows() -> None:
    network = initialized(small())
    x = np.random.default_rng(0).standard_normal((3 * BLOCK_ROWS + 5, 2)).astype(np.float32)
    whole = network.predict(x)
    np.testing.assert_allclose(
        np.concatenate([network.predict(part) for part in np.array_split(x, 7)]), whole, rtol=1e-5
    )
    np.testing.assert_array_equal(network.predict(x), whole)
    np.testing.assert_array_equal(network.predict(x[:BLOCK_ROWS]), whole[:BLOCK_ROWS])


def test_probabilities_sum_to_one_for_huge_inputs() -> None:
    network = initialized(small())
    probabilities = network.predict(np.array([[1e30, -1e30], [0, 0], [1e4, 1e4]], np.float32))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_sigmoid_outputs_are_probabilities_without_warnings() -> None:
    network = Network((), inputs=1, outputs=1, loss="sigmoid_cross_entropy", precision="float32")
    network.parameters.values["0.weight"][:] = 1
    found = network.predict(np.array([[-1e4], [0], [1e4]], np.float32))
    np.testing.assert_array_equal(found[:, 0], [0, 0.5, 1])


def test_no_rows_give_no_predictions() -> None:
    assert initialized(small()).predict(np.zeros((0, 2))).shape == (0, 2)


def test_predictions_of_an_untrained_network_need_no_gradients() -> None:
    network = initialized(small())
    network.predict(np.zeros((1, 2)))
    assert network.parameters.gradients.size == 0


def test_names_and_code_number_modules_as_pytorch_does() -> None:
    network = classifier(DenseSpec(units=8), DropoutSpec(rate=0.2), DenseSpec(units=5, activation="linear"))
    assert {name: value.shape for name, value in network.torch_state().items()} == {
        "0.weight": (8, 2),
        "0.bias": (8,),
        "3.weight": (5, 8),
        "3.bias": (5,),
        "4.weight": (2, 5),
        "4.bias": (2,),
    }
    assert network.torch_code() == (
        "torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Dropout(p=0.2), "
        "torch.nn.Linear(8, 5), torch.nn.Linear(5, 2))"
    )


def test_weights_round_trip_through_torch_state() -> None:
    first, second = initialized(small()), small()
    second.load_torch_state(first.torch_state())
    np.testing.assert_array_equal(first.parameters.vector, second.parameters.vector)


def test_loading_reports_every_problem_and_changes_nothing() -> None:
    network = initialized(small())
    before = network.parameters.vector.copy()
    state = network.torch_state()
    del state["0.bias"]
    state["0.weight"] = np.zeros((2, 8), np.float32)
    state["3.bias"] = np.zeros(5, np.int64)
    state["3.weight"] = np.full((5, 8), 1e300)
    state["9.weight"] = np.zeros(1)
    with pytest.raises(StateMismatch) as caught:
        network.load_torch_state(state)
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "0.bias", "0.weight", "3.bias", "3.weight", "9.weight",
    ]  # fmt: skip
    np.testing.assert_array_equal(network.parameters.vector, before)


def test_more_rows_than_allocated_raise_an_error() -> None:
    network = initialized(small())
    network.allocate(4, training=True)
    with pytest.raises(ValueError, match="working memory"):
        network.forward(np.zeros((5, 2), np.float32))


def test_layers_do_not_overwrite_arrays_that_backward_needs() -> None:
    layers: list[LayerSpec] = [
        ActivationSpec(function="tanh"),
        ActivationSpec(function="relu"),
        DenseSpec(units=2, activation="sigmoid"),
    ]
    network = build(layers, (2,), (2,))
    assert [layer.overwrites_input for layer in network.layers] == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("name", "variance"),
    [("he_normal", 2 / 300), ("glorot_uniform", 2 / 500), ("lecun_normal", 1 / 300), ("zeros", 0)],
)
def test_weights_have_the_variance_of_their_initializer(name: InitializerName, variance: float) -> None:
    network = initialized(classifier(DenseSpec(units=200, initializer=name), inputs=300))
    weights = network.parameters.values["0.weight"]
    assert weights.var() == pytest.approx(variance, rel=0.03)
    assert abs(weights.mean()) < 0.001
    assert not network.parameters.values["0.bias"].any()


def test_auto_initialization_depends_on_the_activation() -> None:
    def variance(activation: ActivationName) -> float:
        network = initialized(classifier(DenseSpec(units=200, activation=activation), inputs=300))
        return float(network.parameters.values["0.weight"].var())

    assert variance("relu") == pytest.approx(2 / 300, rel=0.03)
    assert variance("tanh") == pytest.approx(2 / 500, rel=0.03)


def test_running_statistics_are_part_of_the_state() -> None:
    layers: list[LayerSpec] = [
        ReshapeSpec(shape=(1, 4, 4)),
        Conv2dSpec(channels=2, activation="linear", bias=False),
        BatchNormSpec(),
        ResidualSpec(layers=(ActivationSpec(), Conv2dSpec(channels=2, padding="same"))),
    ]
    network = Network(layers, inputs=16, outputs=2, loss="softmax_cross_entropy", precision="float32")
    network.initialize(stream(0, "init"))
    network.allocate(8, training=True)
    x = np.random.default_rng(0).standard_normal((8, 16)).astype(np.float32)
    network.forward(x, stream(0, "dropout"))
    state = network.torch_state()
    assert list(state) == [
        "1.weight", "2.weight", "2.bias", "3.body.1.weight", "3.body.1.bias", "5.weight", "5.bias",
        "2.running_mean", "2.running_var",
    ]  # fmt: skip
    twin = Network(layers, inputs=16, outputs=2, loss="softmax_cross_entropy", precision="float32")
    twin.load_torch_state({**state, "2.num_batches_tracked": np.array(1)})
    np.testing.assert_array_equal(twin.predict(x), network.predict(x))
    assert network.torch_code().endswith(
        "torch.nn.Sequential(torch.nn.Unflatten(1, (1, 4, 4)), torch.nn.Conv2d(1, 2, (3, 3), stride=(1, 1), "
        "padding=(0, 0), groups=1, bias=False), torch.nn.BatchNorm2d(2, eps=1e-05, momentum=0.1), "
        "Residual(torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Conv2d(2, 2, (3, 3), stride=(1, 1), padding=(1, 1), "
        "groups=1, bias=True), torch.nn.ReLU()), torch.nn.Sequential()), torch.nn.Flatten(), torch.nn.Linear(8, 2))"
    )
    assert network.torch_code().startswith("class Residual(torch.nn.Module):")
