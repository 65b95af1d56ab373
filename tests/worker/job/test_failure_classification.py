"""Tests for worker/job/failure_classification.py."""

import logging

import duckdb
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from store.errors import BlobDamaged
from worker.attempt.outcomes import Failed, Interrupted
from worker.job.failure_classification import classify
from worker.job.initial_weights import InitialWeightsUnusable
from worker.job.loading import DatasetUnusable


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DatasetUnusable("it was deleted"), "dataset_unusable"),
        (BlobDamaged("blob blb_1 is damaged"), "dataset_unusable"),
        (InitialWeightsUnusable("they were deleted"), "base_unusable"),
        (MemoryError(), "out_of_memory"),
        (duckdb.OutOfMemoryException(), "out_of_memory"),
        (IntegrityError("INSERT", {}, Exception()), "internal"),
        (ZeroDivisionError(), "internal"),
    ],
)
def test_errors_become_failures_with_a_code(error: Exception, code: str) -> None:
    outcome = classify(error)
    assert isinstance(outcome, Failed)
    assert outcome.code == code


def test_the_detail_repeats_what_is_wrong_with_the_data() -> None:
    outcome = classify(DatasetUnusable("it was deleted"))
    assert isinstance(outcome, Failed)
    assert outcome.detail == "Cannot train on this data set: it was deleted. Upload it again and submit a new job."


@pytest.mark.parametrize(
    ("statement", "is_charged"),
    [("UPDATE jobs", True), (None, False)],
    ids=["statement not carried out", "database not reached"],
)
def test_database_errors_interrupt_the_attempt(statement: str | None, is_charged: bool) -> None:  # noqa: FBT001
    error = OperationalError(statement, {}, Exception())
    assert classify(error) == Interrupted(charged=is_charged)


def test_unexpected_errors_are_logged_with_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        classify(ZeroDivisionError())
    assert "ZeroDivisionError" in caplog.text
