"""Random streams are independent, and continue from any position."""

import numpy as np

from engine.streams import move_to, position, stream


def test_streams_of_one_seed_differ_by_name() -> None:
    first, again, other = stream(1, "init"), stream(1, "init"), stream(1, "dropout")
    drawn = first.random(5)
    np.testing.assert_array_equal(drawn, again.random(5))
    assert not np.isclose(drawn, other.random(5)).any()


def test_a_stream_continues_from_any_position() -> None:
    rng, other = stream(1, "a"), stream(2, "b")
    rng.random(3, dtype=np.float32)  # leaves half of a 64-bit draw behind
    move_to(other, position(rng))
    np.testing.assert_array_equal(rng.random(9, dtype=np.float32), other.random(9, dtype=np.float32))
