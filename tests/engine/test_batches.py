"""An epoch has every row once, in batches of the given order."""

import numpy as np

from engine.batches import Batches, Rows
from engine.streams import stream


def test_an_epoch_contains_every_row_once() -> None:
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


def test_batches_can_be_read_in_any_order() -> None:
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
