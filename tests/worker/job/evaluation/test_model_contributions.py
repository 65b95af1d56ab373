"""Contributions are computed on a sample of the training rows."""

import numpy as np
import pytest

from engine.batches import Rows
from worker.job.evaluation.model_contributions import MAX_SAMPLE_ROWS, sample


@pytest.mark.parametrize("count", [1, MAX_SAMPLE_ROWS, 2 * MAX_SAMPLE_ROWS + 1])
def test_a_sample_has_evenly_spaced_rows_up_to_the_limit(count: int) -> None:
    rows = Rows(np.arange(count, dtype=np.float32)[:, None], np.zeros(count, dtype=np.float32), None)
    found = sample(rows)
    assert len(found) <= MAX_SAMPLE_ROWS
    assert len(set(np.diff(found.x[:, 0]))) <= 1
