"""Rows with padding give the same answers as the same rows without it, and exact gradients."""

import numpy as np
import pytest

from engine.layers.layer_id import ShapeError
from engine.memory import Array
from engine.network import Network
from engine.spec import (
    AttentionSpec,
    DenseSpec,
    EmbeddingSpec,
    GlobalPoolSpec,
    GruSpec,
    LayerNormSpec,
    LayerSpec,
    LstmSpec,
    MaskSpec,
    ReshapeSpec,
    ResidualSpec,
)
from tests.support.gradient_checks import assert_gradients, make_network

WORDS = EmbeddingSpec(vocabulary=5, units=4, padding=0)
TIME = 6
NETWORKS: dict[str, list[LayerSpec]] = {
    "lstm": [LstmSpec(units=3)],
    "gru backward": [GruSpec(units=3, direction="backward")],
    "states of both directions": [LstmSpec(units=2, output="sequence", direction="bidirectional"), GruSpec(units=3)],
    "attention": [ResidualSpec(layers=(LayerNormSpec(), AttentionSpec(heads=2))), GlobalPoolSpec()],
    "causal attention": [
        AttentionSpec(causal=True),
        DenseSpec(units=3, activation="tanh"),
        GlobalPoolSpec(function="max"),
    ],
    "backward states": [GruSpec(units=3, output="sequence", direction="backward"), GlobalPoolSpec()],
}


def padded_rows() -> tuple[Array, list[int]]:
    """Return rows of several lengths, with the padding's number inside of some, and one row of padding only."""
    lengths = [1, 2, 3, 5, 6, 6]
    rng = np.random.default_rng(0)
    x = np.zeros((len(lengths) + 1, TIME))
    for row, length in zip(x, lengths, strict=False):
        row[:length] = rng.integers(0, 5, length)
        row[length - 1] = 3
    return x, [*lengths, 1]


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_padding_changes_no_answer(layers: list[LayerSpec]) -> None:
    network, (x, lengths) = make_network([WORDS, *layers], inputs=TIME), padded_rows()
    together = network.predict(x)
    for row, length, answer in zip(x, lengths, together, strict=True):
        alone = Network([WORDS, *layers], inputs=length, outputs=2, loss="softmax_cross_entropy", precision="float64")
        alone.load_torch_state(network.torch_state())
        np.testing.assert_allclose(alone.predict(row[None, :length])[0], answer, rtol=1e-12)


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_gradients_of_rows_with_padding_are_exact(layers: list[LayerSpec]) -> None:
    network, (x, _) = make_network([WORDS, *layers], inputs=TIME), padded_rows()
    network.parameters.values["0.weight"][0] = 0
    targets = network.loss.as_targets(np.arange(len(x)) % 2, network.dtype)
    frozen = network.parameters.values["0.weight"][0]
    weights = np.full(len(x), 1 / len(x))
    network.backpropagate(x, targets, weights, None)
    gradients = network.parameters.views(network.parameters.gradients)["0.weight"]
    assert not gradients[0].any()
    assert gradients[3].any()
    assert not frozen.any()
    network = make_network(
        [ReshapeSpec(shape=(TIME, 1)), MaskSpec(), DenseSpec(units=4, activation="tanh"), *layers], TIME
    )
    assert_gradients(network, x, targets, weights)


def test_masks_reach_the_inside_of_blocks_and_end_with_the_time_steps() -> None:
    inside = ResidualSpec(layers=(AttentionSpec(),), projection=(LstmSpec(units=4, output="sequence"),))
    network = make_network([WORDS, inside, GlobalPoolSpec(), ReshapeSpec(shape=(2, 2)), GlobalPoolSpec()], TIME)
    block, pool, _, plain, _ = network.layers[1:]
    names = [type(each).__name__ for each in (block.body.layers[0], block.skip.layers[0], pool, plain)]  # type: ignore[attr-defined]
    assert names == ["PaddedAttention", "PaddedRecurrent", "PaddedAverage", "GlobalAverage"]


def test_what_cannot_have_padding_is_rejected() -> None:
    with pytest.raises(ShapeError, match="time, features"):
        make_network([MaskSpec()])
    with pytest.raises(ValueError, match="must be below the vocabulary"):
        EmbeddingSpec(vocabulary=5, units=4, padding=5)
