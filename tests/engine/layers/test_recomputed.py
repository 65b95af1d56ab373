"""Blocks that are computed again: the same bits as stored ones, in a fraction of the memory."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Array
from engine.network import Network
from engine.spec import BatchNormSpec, DenseSpec, DropoutSpec, LayerSpec, LstmSpec, ReshapeSpec, ResidualSpec
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.costs import cost_of
from tests.support.training_runs import spec

INPUTS = 24


def block(*layers: LayerSpec, recompute: bool) -> ResidualSpec:
    return ResidualSpec(layers=layers, recompute=recompute)


def deep(*, recompute: bool) -> list[LayerSpec]:
    """33 blocks of three layers each: a hundred layers with the first one."""
    inside = (BatchNormSpec(), DenseSpec(units=24), DenseSpec(units=24, activation="tanh"))
    return [DenseSpec(units=24), *[block(*inside, recompute=recompute)] * 33]


def mixed(*, recompute: bool) -> list[LayerSpec]:
    """Blocks of several kinds, with masks, inside of other blocks, and over time."""
    drops = block(DropoutSpec(rate=0.3), DenseSpec(units=24), BatchNormSpec(), recompute=recompute)
    over_time = block(LstmSpec(units=4, output="sequence", direction="forward"), recompute=recompute)
    return [drops, block(drops, drops, recompute=recompute), drops, ReshapeSpec(shape=(6, 4)), over_time, over_time]


def trained(layers: list[LayerSpec], rows: int = 40, batch: int = 16) -> tuple[Array, int]:
    network = Network(layers, inputs=INPUTS, outputs=2, loss="softmax_cross_entropy", precision="float32")
    rng = np.random.default_rng(0)
    data = Rows(rng.standard_normal((rows, INPUTS)).astype(np.float32), rng.integers(0, 2, rows))
    training = spec(epochs=2, batch_size=batch)
    for _ in train(network, initialize_training(network, training, data), training, data):
        pass
    return network.parameters.vector, network.arena.bytes


@pytest.mark.parametrize("layers", [deep, mixed])
def test_training_gives_the_same_bits(layers: Callable[..., list[LayerSpec]]) -> None:
    np.testing.assert_array_equal(trained(layers(recompute=True))[0], trained(layers(recompute=False))[0])


def test_a_hundred_layers_train_within_a_quarter_of_the_memory() -> None:
    stored, again = (
        cost_of(deep(recompute=recompute), INPUTS, 2, spec(batch_size=8192)) for recompute in (False, True)
    )
    kept = again.bytes - again.checkpoint_bytes
    assert kept <= 0.25 * (stored.bytes - stored.checkpoint_bytes)
    assert again.parameters == stored.parameters
    assert 1.2 < again.flops_backward / stored.flops_backward < 1.6
