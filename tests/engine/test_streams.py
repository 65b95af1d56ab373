"""Random streams, batches and the fingerprint are the same wherever they are asked for."""

import subprocess
import sys

import numpy as np

from engine.batches import Batches, Rows
from engine.numeric_fingerprint import numeric_fingerprint
from engine.streams import move_to, position, stream


def test_streams_of_one_seed_differ_by_name_and_repeat() -> None:
    first, again, other = stream(1, "init"), stream(1, "init"), stream(1, "dropout")
    drawn = first.random(5)
    np.testing.assert_array_equal(drawn, again.random(5))
    assert not np.isclose(drawn, other.random(5)).any()


def test_a_stream_goes_on_from_a_position_even_between_halves_of_a_draw() -> None:
    rng, other = stream(1, "a"), stream(2, "b")
    rng.random(3, dtype=np.float32)  # leaves half of a 64-bit draw behind
    move_to(other, position(rng))
    np.testing.assert_array_equal(rng.random(9, dtype=np.float32), other.random(9, dtype=np.float32))


def test_an_epoch_holds_every_row_once_with_its_target_and_weight() -> None:
    rows = 1_000
    x = np.arange(rows, dtype=np.float32)[:, None] * np.ones((1, 40), np.float32)
    batches = Batches(Rows(x, np.arange(rows), np.arange(1.0, rows + 1)), 7, shuffled=True)
    batches.shuffle(stream(0, "shuffle"))
    parts = [tuple(part.copy() for part in batches[index]) for index in range(batches.count)]
    seen = np.concatenate([targets for _, targets, _ in parts])
    assert sorted(seen) == list(range(rows))
    assert (seen != np.arange(rows)).any()
    for x_part, targets, sample_weights in parts:
        np.testing.assert_array_equal(x_part[:, 0], targets)
        mean_weight = (rows + 1) / 2
        np.testing.assert_allclose(sample_weights * len(sample_weights), (targets + 1) / mean_weight, rtol=1e-6)
    assert len(parts[-1][0]) == rows % 7


def test_batches_may_be_asked_for_in_any_order() -> None:
    x = np.arange(500_000, dtype=np.float32).reshape(-1, 50)
    batches = Batches(Rows(x, np.arange(len(x)), np.ones(len(x))), 100, shuffled=True)
    batches.shuffle(stream(0, "shuffle"))
    forth = [batches[index][1].tolist() for index in range(100)]
    back = [batches[index][1].tolist() for index in reversed(range(100))]
    assert forth == back[::-1]


def test_rows_in_their_own_order_are_not_copied() -> None:
    rows = Rows(np.ones((10, 2), np.float32), np.arange(10), np.ones(10))
    batches = Batches(rows, 4, shuffled=False)
    assert np.shares_memory(batches[1][0], rows.x)
    assert batches[2][1].tolist() == [8, 9]
    np.testing.assert_allclose(batches[2][2], [0.5, 0.5])


def test_another_process_has_the_same_fingerprint() -> None:
    program = "from engine.numeric_fingerprint import numeric_fingerprint; print(numeric_fingerprint())"
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, text=True).strip() == numeric_fingerprint()
