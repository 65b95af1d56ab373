"""Trained layers are transferred to a new network, which continues to learn."""

import numpy as np
import pytest

from engine.batches import Rows
from engine.network import Network, StateMismatch
from engine.spec import ColumnEmbeddingSpec, DenseSpec, DropoutSpec, EmbeddedColumnSpec
from engine.streams import stream
from engine.training.fine_tuning import match_weights, matching_input_count, transfer_weights
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.training_runs import classifier, moons, run, spec

TRUNK = (DenseSpec(units=8), DropoutSpec(rate=0.1), DenseSpec(units=6, activation="tanh"))


def learned() -> Network:
    network = classifier(*TRUNK)
    run(network, spec(epochs=20), moons())
    return network


def test_hidden_layers_are_copied_and_the_output_layer_is_initialized() -> None:
    source, network = learned(), classifier(*TRUNK, classes=3)
    found = transfer_weights(network, source.torch_state(), seed=5)
    assert set(found.initialized) == {"5.weight", "5.bias"}
    for name in found.copied:
        np.testing.assert_array_equal(network.parameters.values[name], source.parameters.values[name])
    fresh = classifier(*TRUNK, classes=3)
    fresh.initialize(stream(5, "init"))
    np.testing.assert_array_equal(network.parameters.values["5.weight"], fresh.parameters.values["5.weight"])


def test_a_network_with_all_layers_copied_predicts_the_same() -> None:
    source, network = learned(), classifier(*TRUNK)
    assert transfer_weights(network, source.torch_state(), seed=0, head=True).initialized == ()
    np.testing.assert_array_equal(network.predict(moons().x), source.predict(moons().x))


def test_only_the_selected_layers_are_copied() -> None:
    network = classifier(TRUNK[0], DropoutSpec(rate=0.1), DenseSpec(units=9))
    found = transfer_weights(network, learned().torch_state(), seed=0, layers=[0])
    assert set(found.copied) == {"0.weight", "0.bias"}


def test_every_mismatch_is_listed_and_nothing_changes() -> None:
    network = classifier(DenseSpec(units=9), DropoutSpec(rate=0.1), DenseSpec(units=6, activation="tanh"))
    state = learned().torch_state()
    del state["3.bias"]
    with pytest.raises(StateMismatch) as caught:
        transfer_weights(network, state, seed=0)
    assert [problem.split(" ", 1)[0] for problem in caught.value.problems] == [
        "0.bias",
        "0.weight",
        "3.bias",
        "3.weight",
    ]
    assert not network.parameters.vector.any()
    assert not network.initialized


def test_training_keeps_frozen_transferred_layers() -> None:
    source, network, rows = learned(), classifier(*TRUNK, classes=3), moons(90)
    thirds = Rows(rows.x, np.where(rows.x[:, 0] > 0.5, 2, rows.y))
    transfer_weights(network, source.torch_state(), seed=0)
    settings = spec(epochs=30, frozen=(0, 2))
    list(train(network, initialize_training(network, settings, thirds), settings, thirds))
    for name in ("0.weight", "0.bias", "3.weight", "3.bias"):
        np.testing.assert_array_equal(network.parameters.values[name], source.parameters.values[name])
    assert (network.predict(rows.x).argmax(axis=1) == thirds.y).mean() > 0.7


def described(network: Network) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (array.shape, str(array.dtype)) for name, array in network.torch_state().items()}


def test_layers_match_by_name_and_shape_up_to_the_first_mismatch() -> None:
    source = described(learned())
    whole = match_weights(classifier(*TRUNK), source)
    assert (whole.layers, whole.layers_with_parameters, whole.output, whole.mismatches) == (3, (0, 2), True, ())
    assert set(whole.tensors) == set(source)
    other = match_weights(classifier(*TRUNK, classes=3), source)
    assert (other.layers, other.output) == (3, False)
    assert tuple(mismatch.detail for mismatch in other.mismatches) == (
        "5.weight has shape [2, 6]; output needs [3, 6].",
        "5.bias has shape [2]; output needs [3].",
    )
    wider = match_weights(classifier(TRUNK[0], TRUNK[1], DenseSpec(units=7)), source)
    assert (wider.layers, wider.layers_with_parameters, wider.tensors) == (2, (0,), ("0.weight", "0.bias"))
    assert wider.expected_shapes == {"3.weight": (7, 8), "3.bias": (7,)}
    missing = match_weights(classifier(*TRUNK), {name: each for name, each in source.items() if name != "0.bias"})
    assert (missing.layers, missing.layers_with_parameters) == (0, ())
    (mismatch,) = missing.mismatches
    assert mismatch.layer_id.path == ("layers", 0)
    assert mismatch.detail == "0.bias is missing; layers[0] (dense) needs it with shape [8]."
    whole_numbers = match_weights(classifier(*TRUNK), {**source, "0.bias": ((8,), "int64")})
    assert "dtype int64" in whole_numbers.mismatches[0].detail


def test_embeddings_are_ignored_when_matching_the_number_of_inputs() -> None:
    embedding = ColumnEmbeddingSpec(columns=(EmbeddedColumnSpec(column=0, categories=5, size=3),))
    source = described(classifier(embedding, *TRUNK, inputs=4))
    assert matching_input_count(classifier(embedding, *TRUNK, inputs=9), source) == 4


def test_the_first_layer_tells_the_number_of_inputs() -> None:
    source = described(learned())
    assert matching_input_count(classifier(*TRUNK, inputs=9), source) == 2
    assert matching_input_count(classifier(*TRUNK, inputs=1), source) == 1
    assert matching_input_count(classifier(*TRUNK, inputs=9), {}) == 9
