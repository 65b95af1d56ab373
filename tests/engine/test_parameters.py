"""Parameters are views of one vector, in a defined order."""

import numpy as np

from engine.memory import Arena, Columns, DryArena
from engine.network import Network
from engine.parameters import Parameters, flat
from engine.spec import DenseSpec


def test_a_matrix_by_columns_is_stored_column_by_column() -> None:
    parameters = Parameters({"rows": (2, 3), "columns": Columns((2, 3))}, np.dtype("float64"), Arena())
    parameters.vector[:] = np.arange(12)
    assert parameters.values["rows"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert parameters.values["columns"].tolist() == [[6, 8, 10], [7, 9, 11]]


def test_flat_returns_views_also_without_memory() -> None:
    shapes = {"rows": (2, 3), "columns": Columns((2, 3)), "bias": (3,)}
    for arena in (Arena(), DryArena()):
        parameters = Parameters(shapes, np.dtype("float64"), arena)
        assert all(np.shares_memory(flat(value), parameters.vector) for value in parameters.values.values())


def test_the_first_dense_layer_is_stored_by_columns_and_exported_by_rows() -> None:
    network = Network([DenseSpec(units=4)], inputs=3, outputs=2, loss="softmax_cross_entropy", precision="float64")
    network.initialize(np.random.default_rng(0))
    weights = network.parameters.values
    assert [weights[name].flags.c_contiguous for name in ("0.weight", "2.weight")] == [False, True]
    state = network.torch_state()
    assert state["0.weight"].flags.c_contiguous
    network.load_torch_state({name: 2 * value for name, value in state.items()})
    np.testing.assert_array_equal(weights["0.weight"], 2 * state["0.weight"])
