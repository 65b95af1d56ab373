"""Residual blocks add their input."""

import numpy as np

from engine.spec import (
    DenseSpec,
    DropoutSpec,
    ResidualSpec,
)
from tests.support.layer_harness import LayerHarness


def test_a_residual_block_with_zero_weights_returns_its_input() -> None:
    harness = LayerHarness([ResidualSpec(layers=(DenseSpec(units=4, activation="relu"), DropoutSpec(rate=0.5)))], (4,))
    harness.parameters.vector[:] = 0
    x = harness.inputs()
    np.testing.assert_array_equal(harness.run(x), x)
