"""The symmetry network of Rumelhart, Hinton and Williams, 1986, finds the weights that the page describes."""

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Array
from engine.network import Network
from engine.spec import DenseSpec, SgdSpec
from examples.tables import make_table
from tests.support.training_runs import run, spec

TABLE = make_table("symmetry")
X = np.column_stack([TABLE[f"b{index}"] for index in range(6)]).astype(np.float32)
Y = (TABLE["symmetric"] == "yes").astype(float)


@pytest.mark.parametrize(
    ("seed", "weights"),
    [(1, None), (0, np.random.default_rng(0).uniform(-0.3, 0.3, 17))],
    ids=["a seed", "the paper's first weights"],
)
def test_two_units_get_opposite_weights_in_the_ratio_1_2_4(seed: int, weights: Array | None) -> None:
    layers = [DenseSpec(units=2, activation="sigmoid", initializer="orthogonal")]
    network = Network(layers, inputs=6, outputs=1, loss="sigmoid_cross_entropy", precision="float32")
    if weights is not None:
        network.load_torch_state(network.parameters.views(weights))
    optimizer = SgdSpec(learning_rate=0.3, momentum=0.9)
    run(network, spec(epochs=2500, batch_size=64, optimizer=optimizer, seed=seed), Rows(X, Y))
    assert ((network.predict(X)[:, 0] > 0.5) == Y).all()
    for row in network.parameters.values["0.weight"]:
        np.testing.assert_allclose(row, -row[::-1], rtol=0.03)
        sizes = np.sort(np.abs(row[:3]))
        np.testing.assert_allclose(sizes / sizes[0], [1, 2, 4], rtol=0.05)
