"""Sinusoidal positions match their definition."""

import numpy as np

from engine.layers.embedding.positional_encoding import sinusoids


def test_positions_are_sines_and_cosines_of_decreasing_frequency() -> None:
    table = sinusoids(50, 5)
    assert table.shape == (50, 5)
    np.testing.assert_array_equal(table[0], [0, 1, 0, 1, 0])
    np.testing.assert_allclose(
        table[7], [np.sin(7), np.cos(7), np.sin(7 / 1e4**0.4), np.cos(7 / 1e4**0.4), np.sin(7 / 1e4**0.8)]
    )
