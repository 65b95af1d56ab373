"""Index computations of sliding windows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layers.convolution.windows import count_positions, pair, same_padding, sliding_windows, spans
from engine.layers.layer_id import NETWORK, ShapeError


def test_a_kernel_longer_than_the_axis_raises_a_shape_error() -> None:
    layer_id = NETWORK.child("layers", 0, "conv1d")
    assert count_positions(5, 3, 2, 0, layer_id) == 2
    assert count_positions(3, 5, 1, 1, layer_id) == 1
    with pytest.raises(ShapeError, match="a kernel of 6 does not fit"):
        count_positions(3, 6, 1, 1, layer_id)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(length=st.integers(1, 9), kernel=st.integers(1, 4), stride=st.integers(1, 4), padding=st.integers(0, 2))
def test_spans_cover_exactly_the_inputs_of_each_window(length: int, kernel: int, stride: int, padding: int) -> None:
    if kernel > length + 2 * padding:
        return
    count = (length + 2 * padding - kernel) // stride + 1
    found = set()
    for offset, (inputs, windows) in enumerate(spans(length, kernel, stride, padding)):
        covered, by = np.arange(length)[inputs], np.arange(count)[windows]
        assert len(covered) == len(by)
        found |= {(offset, int(index), int(window)) for index, window in zip(covered, by, strict=True)}
    expected = {
        (offset, window * stride + offset - padding, window)
        for window in range(count)
        for offset in range(kernel)
        if 0 <= window * stride + offset - padding < length
    }
    assert found == expected


def test_sliding_windows_are_overlapping_views() -> None:
    lines = np.arange(2 * 5 * 3 * 2.0).reshape(2, 5, 3, 2)
    windows = sliding_windows(lines, 1, 2, kernel=2, stride=2)
    assert windows.shape == (2, 2, 6, 2)
    assert np.shares_memory(windows, lines)
    np.testing.assert_array_equal(windows[1, 1], lines[1, 3:5].reshape(6, 2))


def test_sizes_for_both_axes() -> None:
    assert pair(3) == pair((3, 3)) == (3, 3)
    assert same_padding("same", (5, 1)) == (2, 0)
    assert same_padding(1, (5, 1)) == (1, 1)
