"""Column embedding replaces codes with vectors, and passes other columns through."""

import numpy as np
import pytest
from pydantic import ValidationError

from engine.batches import Rows
from engine.diagnostics.contributions import contributions
from engine.layers.build import hidden_layers
from engine.layers.layer_id import ShapeError
from engine.memory import Array
from engine.network import Network
from engine.spec import ColumnEmbeddingSpec, DenseSpec, EmbeddedColumnSpec, LayerSpec
from tests.support.gradient_checks import assert_gradients, case
from tests.support.layer_harness import LayerHarness, assert_exact, derivatives


def embedded(*columns: tuple[int, int, int]) -> ColumnEmbeddingSpec:
    """Return a layer from (column, categories, size)."""
    return ColumnEmbeddingSpec(
        columns=tuple(EmbeddedColumnSpec(column=place, categories=many, size=size) for place, many, size in columns)
    )


MIXED = embedded((1, 3, 2), (2, 4, 3), (5, 2, 1))


def codes(harness: LayerHarness) -> Array:
    """Return a batch of six columns, with codes in columns 1, 2 and 5. Some codes occur several times."""
    x = harness.inputs()
    for place, many in ((1, 3), (2, 4), (5, 2)):
        x[:, place] = harness.rng.integers(0, many, len(x))
    return x


def test_codes_become_vectors_and_other_columns_are_unchanged() -> None:
    harness = LayerHarness([MIXED], (6,), rows=2)
    first, second, third = (harness.parameters.values[f"0.tables.{n}.weight"] for n in range(3))
    y = harness.run(np.array([[0.5, 2, 0, 1.5, 2.5, 1], [-0.5, 0, 3, -1.5, -2.5, 0]]))
    assert y.tolist() == [
        [0.5, *first[2], *second[0], 1.5, 2.5, *third[1]],
        [-0.5, *first[0], *second[3], -1.5, -2.5, *third[0]],
    ]


def test_codes_out_of_range_count_as_the_nearest() -> None:
    harness = LayerHarness([embedded((0, 3, 2))], (1,), rows=3)
    table = harness.parameters.values["0.tables.0.weight"]
    np.testing.assert_array_equal(harness.run(np.array([[-7.0], [3.0], [1e9]])), table[[0, 2, 2]])


def test_initial_vectors_have_length_one_and_category_zero_is_zero() -> None:
    harness = LayerHarness([embedded((0, 500, 16))], (1,))
    harness.layers.initialize(np.random.default_rng(0))
    lengths = np.linalg.norm(harness.parameters.values["0.tables.0.weight"], axis=1)
    assert lengths[0] == 0
    assert lengths[1:].mean() == pytest.approx(1, abs=0.05)


def test_gradients_agree_with_the_complex_step() -> None:
    harness = LayerHarness([MIXED, DenseSpec(units=6, activation="tanh")], (6,), complex, rows=5)
    x, dy = codes(harness), harness.outputs()
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))
    assert_exact(dx, derivatives(harness, x, dy, x))
    assert not dx[:, [1, 2, 5]].any()


def test_gradients_agree_with_central_differences_of_the_loss() -> None:
    layers: list[LayerSpec] = [MIXED, DenseSpec(units=4, activation="tanh")]
    network, x, targets, sample_weights = case(layers, "softmax_cross_entropy", rows=6, inputs=6)
    x[:, [1, 2, 5]] = [[0, 0, 0], [1, 1, 1], [1, 2, 0], [2, 3, 1], [2, 3, 1], [2, 3, 1]]
    assert_gradients(network, x, targets, sample_weights)


def test_embedded_columns_appear_in_contributions() -> None:
    network = Network([embedded((0, 4, 2))], inputs=2, outputs=1, loss="mean_squared_error", precision="float64")
    network.initialize(np.random.default_rng(0))
    rows = Rows(np.array([[1.0, 0.5], [3.0, -0.5]]), np.array([1.0, -1.0]))
    found = contributions(network, rows, largest=100)
    layers = {layer.label: layer.magnitude for layer in found.layers}
    assert layers["layers[0] (column_embedding)"] > 0
    used = {w.index[0] for w in found.largest if w.parameter == "0.tables.0.weight" and w.contribution}
    assert used == {1, 3}


@pytest.mark.parametrize(("shape", "says"), [((5,), "column 5 is out of range"), ((6, 1), "takes a flat row")])
def test_rows_without_the_column_raise_a_shape_error(shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(ShapeError, match=says):
        hidden_layers([MIXED], shape)


@pytest.mark.parametrize("places", [(1, 0), (2, 2)])
def test_columns_must_be_ascending_and_unique(places: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match="ascending order"):
        embedded(*((place, 2, 1) for place in places))


def test_a_gradient_is_an_addition_per_number_of_the_vectors() -> None:
    (layer,) = hidden_layers([MIXED], (6,)).layers
    assert layer.flops() == (0, 2 + 3 + 1)


def test_torch_code_and_definitions_name_the_same_class() -> None:
    network = Network([embedded((0, 4, 2), (2, 3, 1))], inputs=3, outputs=1, loss="poisson", precision="float32")
    *definition, expression = network.torch_code().splitlines()
    assert definition[0] == "class ColumnEmbedding(torch.nn.Module):"
    assert expression == "torch.nn.Sequential(ColumnEmbedding((0, 4, 2), (2, 3, 1)), torch.nn.Linear(4, 1))"
    assert list(network.torch_state()) == ["0.tables.0.weight", "0.tables.1.weight", "1.weight", "1.bias"]
