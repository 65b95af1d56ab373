"""The problems of docs/specs/first_problems.md, from Rumelhart, Hinton and Williams, 1986, are learned as it says."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Array
from engine.network import Network
from engine.spec import ModelSpec, TrainingSpec
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.first_problems import family_trees, symmetry, xor

PAGE = (Path(__file__).parents[2] / "docs" / "specs" / "first_problems.md").read_text()
XOR, SYMMETRY, FAMILIES = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def learned(example: dict[str, Any], rows: Rows, seed: int, weights: Array | None = None) -> Network:
    """Train as the page says, from another seed, or from given weights."""
    layers = ModelSpec.model_validate_json(json.dumps(example["model"])).layers
    training = TrainingSpec.model_validate_json(json.dumps({**example["training"], "seed": seed}))
    outputs = 1 if rows.y.ndim == 1 else rows.y.shape[1]
    inputs = rows.x.shape[1]
    network = Network(layers, inputs=inputs, outputs=outputs, loss="sigmoid_cross_entropy", precision="float32")
    if weights is not None:
        network.load_torch_state(network.parameters.views(weights))
    list(train(network, initialize_training(network, training, rows), training, rows))
    return network


@pytest.mark.parametrize("seed", range(3))
def test_exclusive_or_takes_two_hidden_units(seed: int) -> None:
    network = learned(XOR, xor(), seed)
    np.testing.assert_allclose(network.predict(xor().x)[:, 0], xor().y, atol=0.1)


@pytest.mark.parametrize(
    ("seed", "weights"),
    [(SYMMETRY["training"]["seed"], None), (0, np.random.default_rng(0).uniform(-0.3, 0.3, 17))],
    ids=["the page", "the paper's first weights"],
)
def test_symmetry_is_found_by_opposite_weights_that_double(seed: int, weights: Array | None) -> None:
    """Opposite about the middle, so that symmetric rows cancel out; in the ratio 1:2:4, so that no others do."""
    network, rows = learned(SYMMETRY, symmetry(), seed, weights), symmetry()
    assert ((network.predict(rows.x)[:, 0] > 0.5) == rows.y).all()
    for row in network.parameters.values["0.weight"]:
        np.testing.assert_allclose(row, -row[::-1], rtol=0.03)
        sizes = np.sort(np.abs(row[:3]))
        np.testing.assert_allclose(sizes / sizes[0], [1, 2, 4], rtol=0.05)


def test_family_trees_are_learned_and_some_facts_left_out_are_right() -> None:
    """100 facts are learned and 4 left out, twice; by chance none of these would be right."""
    x, y = family_trees()
    assert (x.shape, y.sum()) == ((104, 2), 112)
    right = 0
    for seed in (2, 3):
        left_out = np.random.default_rng(seed).permutation(104)[:4]
        rows = Rows(np.delete(x, left_out, axis=0), np.delete(y, left_out, axis=0))
        network = learned(FAMILIES, rows, seed)
        assert agrees(network, rows.x, rows.y).mean() >= 0.95
        right += agrees(network, x[left_out], y[left_out]).sum()
    assert right >= 1


def agrees(network: Network, x: Array, y: Array) -> Array:
    """Say for each fact whether exactly the persons meant are named."""
    found: Array = ((network.predict(x) > 0.5) == (y > 0.5)).all(axis=1)
    return found
