"""Learning rates differ between kinds of parameters and between layers."""

from typing import Any

import numpy as np
import pytest

from engine.network import Network
from engine.spec import (
    ColumnEmbeddingSpec,
    DenseSpec,
    EmbeddedColumnSpec,
    LayerNormSpec,
    LearningRateFactorsSpec,
    ResidualSpec,
    ScaleSpec,
    SgdSpec,
)
from engine.training.state import initialize_training
from engine.training.update_memory import allocate_update_memory
from tests.support.training_runs import exact, moons, run, spec

LAYERS = (
    ColumnEmbeddingSpec(columns=(EmbeddedColumnSpec(column=0, categories=3, size=2),)),
    ScaleSpec(),
    ResidualSpec(layers=(DenseSpec(units=3),)),
    LayerNormSpec(),
)


def factors_of(**fields: Any) -> dict[str, Any]:
    """Return the factor of each parameter, of a network with parameters of every kind."""
    network = Network(LAYERS, inputs=2, outputs=2, loss="softmax_cross_entropy", precision="float64")
    network.allocate(4, training=True)
    allocate_update_memory(network, spec(learning_rate_factors=LearningRateFactorsSpec(**fields)))
    vector = network.parameters.rate_factors
    assert vector is not None
    return {name: np.unique(view).tolist() for name, view in network.parameters.views(vector).items()}


def test_each_kind_of_parameter_and_each_layer_has_its_factor() -> None:
    found = factors_of(weights=2, biases=3, gains=5, embeddings=7, by_fan_in=True, layers=(10, 100), output=1_000)
    assert found == {
        "0.tables.0.weight": [70],
        "2.body.0.weight": pytest.approx([2 / np.sqrt(3)]),
        "4.weight": pytest.approx([2_000 / np.sqrt(3)]),
        "1.weight": [500],
        "2.body.0.bias": [3],
        "3.weight": [5],
        "3.bias": [3],
        "4.bias": [3_000],
    }


def test_a_step_moves_each_layer_by_its_rate() -> None:
    moves = []
    for factors in (None, LearningRateFactorsSpec(biases=0.1, layers=(4,))):
        network = exact()
        settings = spec(optimizer=SgdSpec(), batch_size=300, epochs=1, learning_rate_factors=factors)
        initialize_training(network, settings, moons())
        before = network.parameters.vector.copy()
        run(network, settings, moons())
        moves.append(network.parameters.views(network.parameters.vector - before))
    for name, factor in {"0.weight": 4, "0.bias": 0.4, "2.weight": 1, "4.bias": 0.1}.items():
        np.testing.assert_allclose(moves[1][name], factor * moves[0][name], rtol=1e-9)


def test_the_output_layer_can_start_at_zero() -> None:
    network = exact()
    initialize_training(network, spec(precision="float64", output_initializer="zeros"), moons())
    assert not network.parameters.values["4.weight"].any()
    assert network.parameters.values["0.weight"].any()
