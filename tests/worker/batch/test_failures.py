"""Tests for worker/batch/failures.py."""

import errno

import duckdb
import pytest

from store.errors import BlobGone, NotFound
from worker.attempt import retry
from worker.attempt.outcomes import Failed
from worker.batch.failures import OUT_OF_SPACE, classify


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (duckdb.OutOfMemoryException("x"), "out_of_memory"),
        (BlobGone("x"), "dataset_unusable"),
        (NotFound("x"), "dataset_unusable"),
        (RuntimeError("x"), "internal"),
    ],
)
def test_errors_end_a_batch_with_a_code(error: Exception, code: str) -> None:
    outcome = classify(error)
    assert isinstance(outcome, Failed)
    assert outcome.code == code


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "x"), duckdb.IOException("No space left on device")])
def test_a_full_disk_is_tried_again_before_the_batch_fails(error: Exception) -> None:
    outcome = classify(error)
    assert retry.decide(outcome, attempt=1, max_attempts=3, kind="batch") is outcome
    assert retry.decide(outcome, attempt=3, max_attempts=3, kind="batch") == OUT_OF_SPACE
