"""Contributions of weights match the change of the error without them."""

import numpy as np
import pytest

from engine.batches import Rows
from engine.diagnostics.contributions import contributions
from engine.network import Network
from engine.spec import DenseSpec, DropoutSpec
from engine.streams import stream
from engine.training.state import initialize_training
from tests.support.training_runs import classifier, moons, run, small, spec


def exact() -> tuple[Network, Rows]:
    """Return a small network in float64, and more rows than fit into one block."""
    layers = [DenseSpec(units=5, activation="tanh"), DropoutSpec(rate=0.5), DenseSpec(units=4, activation="silu")]
    network = Network(layers, inputs=2, outputs=2, loss="softmax_cross_entropy", precision="float64")
    network.initialize(stream(0, "init"))
    return network, moons(300)


def mean_loss(network: Network, rows: Rows) -> float:
    probabilities = network.predict(rows.x)
    return float(-np.log(probabilities[np.arange(len(rows)), rows.y]).mean())


def test_a_contribution_is_the_loss_saved_by_a_smaller_weight() -> None:
    network, rows = exact()
    found = contributions(network, rows, largest=5)
    assert found.loss == pytest.approx(mean_loss(network, rows))
    for weight in found.largest:
        value = network.parameters.values[weight.parameter]
        kept, value[weight.index] = value[weight.index], weight.weight * (1 - 1e-6)
        assert (found.loss - mean_loss(network, rows)) / 1e-6 == pytest.approx(weight.contribution, rel=1e-4)
        value[weight.index] = kept


def test_contributions_of_layers_add_up_to_those_of_weights() -> None:
    network, rows = exact()
    found = contributions(network, rows, largest=10_000)
    assert len(found.largest) == network.parameters.size
    assert [layer.label for layer in found.layers] == ["layers[0] (dense)", "layers[2] (dense)", "output"]
    assert sum(layer.total for layer in found.layers) == pytest.approx(sum(w.contribution for w in found.largest))
    assert sum(layer.share for layer in found.layers) == pytest.approx(1)
    magnitudes = [abs(weight.contribution) for weight in found.largest]
    assert magnitudes == sorted(magnitudes, reverse=True)


def test_the_largest_contributions_do_not_depend_on_their_number() -> None:
    network, rows = exact()
    assert contributions(network, rows, largest=3).largest == contributions(network, rows, largest=30).largest[:3]


def test_contributions_use_sample_weights() -> None:
    network, rows = exact()
    twice = Rows(np.concatenate([rows.x, rows.x[:50]]), np.concatenate([rows.y, rows.y[:50]]))
    weighted = Rows(rows.x, rows.y, np.where(np.arange(300) < 50, 2.0, 1.0))
    assert contributions(network, weighted).loss == pytest.approx(contributions(network, twice).loss)


def test_contributions_use_only_the_rows_of_an_index() -> None:
    network, rows, index = small(), moons(40), np.arange(0, 40, 3)
    run(network, spec(epochs=1), rows)
    chosen = contributions(network, Rows(rows.x, rows.y, index=index))
    assert chosen == contributions(network, Rows(rows.x[index], rows.y[index]))


def test_contributions_do_not_change_the_network() -> None:
    network = small()
    run(network, spec(), moons())
    before = network.parameters.vector.copy()
    contributions(network, moons())
    np.testing.assert_array_equal(network.parameters.vector, before)


def test_contributions_need_rows() -> None:
    with pytest.raises(ValueError, match="no rows"):
        contributions(classifier(), Rows(np.zeros((0, 2)), np.zeros(0, int)))


def test_frozen_weights_contribute_like_others() -> None:
    layers, rows = (DenseSpec(units=6), DenseSpec(units=4)), moons()
    network, same = classifier(*layers), classifier(*layers)
    initialize_training(network, spec(frozen=(0,)), rows)
    same.load_torch_state(network.torch_state())
    assert contributions(network, rows) == contributions(same, rows)
