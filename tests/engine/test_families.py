"""The problems of Rumelhart, Hinton and Williams, 1986, are learned, with the solutions that the paper shows."""

import numpy as np
import pytest

from engine.memory import Array
from engine.network import Network
from engine.spec import (
    ActivationSpec,
    DenseSpec,
    EmbeddingSpec,
    FlattenSpec,
    LayerSpec,
    LbfgsSpec,
    RegularizationSpec,
    SgdSpec,
)
from engine.training import Rows, start, train
from tests.engine.families import family_trees, symmetry, xor
from tests.engine.runs import spec

DESCENT = SgdSpec(learning_rate=0.3, momentum=0.9)


def yes_or_no(layers: list[LayerSpec], inputs: int, outputs: int = 1) -> Network:
    return Network(layers, inputs=inputs, outputs=outputs, loss="sigmoid_cross_entropy", precision="float32")


def small_weights(network: Network, seed: int) -> None:
    """The paper's: even between -0.3 and 0.3."""
    drawn = np.random.default_rng(seed).uniform(-0.3, 0.3, network.parameters.size)
    network.load_torch_state(network.parameters.views(drawn))


@pytest.mark.parametrize("seed", range(3))
def test_exclusive_or_takes_two_hidden_units(seed: int) -> None:
    network, rows = yes_or_no([DenseSpec(units=2, activation="sigmoid", initializer="lecun_uniform")], 2), xor()
    settings = spec(batch_size=4, epochs=1_000, seed=seed, optimizer=SgdSpec(learning_rate=1.0, momentum=0.9))
    list(train(network, start(network, settings, rows), settings, rows))
    np.testing.assert_allclose(network.predict(rows.x)[:, 0], rows.y, atol=0.1)


@pytest.mark.parametrize("seed", range(2))
def test_symmetry_is_found_by_weights_that_are_opposite_about_the_middle_and_double_outwards(seed: int) -> None:
    """1,500 sweeps through all 64 patterns; the paper took 1,425. Every pattern is told apart by a ratio 1:2:4."""
    network, rows = yes_or_no([DenseSpec(units=2, activation="sigmoid")], 6), symmetry()
    small_weights(network, seed)
    settings = spec(batch_size=64, epochs=1_500, shuffle=False, optimizer=DESCENT)
    list(train(network, start(network, settings, rows), settings, rows))
    assert ((network.predict(rows.x)[:, 0] > 0.5) == rows.y).all()
    for weights in network.parameters.values["0.weight"]:
        np.testing.assert_allclose(weights, -weights[::-1], rtol=0.02)
        sizes = np.sort(np.abs(weights[:3]))
        np.testing.assert_allclose(sizes / sizes[0], [1, 2, 4], rtol=0.05)


def test_family_trees_are_learned_and_facts_left_out_are_often_right() -> None:
    """100 facts are learned and 4 left out, twice; by chance none of these would be right."""
    x, y = family_trees()
    assert (x.shape, y.sum()) == ((104, 2), 112)
    right = 0
    for seed in (2, 3):
        left_out = np.random.default_rng(seed).permutation(104)[:4]
        rows = Rows(np.delete(x, left_out, axis=0), np.delete(y, left_out, axis=0))
        network = learned_families(rows, seed)
        assert agrees(network, rows.x, rows.y).all()
        right += agrees(network, x[left_out], y[left_out]).sum()
    assert right >= 3


def learned_families(rows: Rows, seed: int) -> Network:
    """The paper's network: 6 units each for person and relation, 12, 6, and one for each person."""
    layers = [
        EmbeddingSpec(vocabulary=36, units=6),
        ActivationSpec(function="sigmoid"),
        FlattenSpec(),
        DenseSpec(units=12, activation="sigmoid"),
        DenseSpec(units=6, activation="sigmoid"),
    ]
    network = yes_or_no(layers, inputs=2, outputs=24)
    small = RegularizationSpec(l2=1e-5)
    settings = spec(batch_size=100, epochs=1_500, seed=seed, optimizer=LbfgsSpec(), regularization=small)
    list(train(network, start(network, settings, rows), settings, rows))
    return network


def agrees(network: Network, x: Array, y: Array) -> Array:
    """Say for each fact whether exactly the persons meant are named."""
    found: Array = ((network.predict(x) > 0.5) == (y > 0.5)).all(axis=1)
    return found
