"""The range test finds where learning is fast, and leaves no trace on the weights."""

from typing import Any

import numpy as np
import pytest

from engine.network import Network
from engine.range_test import range_test
from engine.spec import LbfgsSpec, SgdSpec
from engine.streams import stream
from engine.training import start
from tests.engine.runs import line, moons, regressor, small, spec


def test_a_line_is_learned_fastest_just_below_the_rate_at_which_it_breaks_down() -> None:
    """For inputs of variance 1 the loss (z - y)^2 has curvature 2, so plain descent diverges at rate 1."""
    found = range_test(regressor(), spec(optimizer=SgdSpec(), batch_size=200), line(), lowest=1e-4, highest=100)
    assert 0.02 <= found.suggested <= 0.2
    assert max(found.rates) < 100
    assert found.losses[-1] > min(found.losses)


def test_the_network_keeps_its_weights() -> None:
    network = small()
    network.initialize(stream(3, "init"))
    before = network.parameters.vector.copy()
    range_test(network, spec(), moons())
    np.testing.assert_array_equal(network.parameters.vector, before)


def test_rates_rise_by_one_factor_from_the_lowest_to_the_highest() -> None:
    found = range_test(small(), spec(optimizer=SgdSpec()), moons(), lowest=1e-5, highest=1e-3, steps=30)
    assert (len(found.rates), len(found.losses)) == (30, 30)
    np.testing.assert_allclose(found.rates, np.geomspace(1e-5, 1e-3, 30))


def test_a_training_after_the_test_is_the_same_as_without() -> None:
    weights = []
    for tested in (False, True):
        network: Network = small()
        if tested:
            range_test(network, spec(), moons())
        start(network, spec(), moons())
        weights.append(network.parameters.vector.tobytes())
    assert weights[0] == weights[1]


@pytest.mark.parametrize("fields", [{"lowest": 0.0}, {"lowest": 1.0, "highest": 0.5}, {"steps": 1}], ids=str)
def test_what_is_no_range_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="range"):
        range_test(small(), spec(), moons(), **fields)


def test_an_optimizer_that_searches_by_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="search"):
        range_test(small(), spec(optimizer=LbfgsSpec()), moons())
