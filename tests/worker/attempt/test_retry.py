"""Tests for worker/attempt/retry.py."""

import pytest

from worker.attempt import retry
from worker.attempt.outcomes import Canceled, Failed, Interrupted, Outcome, Paused, Succeeded, WorkerLost

LAST = 3


@pytest.mark.parametrize(("outcome", "code"), [(WorkerLost(), "worker_lost"), (Interrupted(charged=True), "internal")])
def test_last_attempt_without_a_result_fails_the_job(outcome: Outcome, code: str) -> None:
    decided = retry.decide(outcome, LAST, max_attempts=LAST)
    assert isinstance(decided, Failed)
    assert decided.code == code


@pytest.mark.parametrize("outcome", [WorkerLost(), Interrupted(charged=True)])
def test_earlier_attempt_without_a_result_is_retried(outcome: Outcome) -> None:
    assert retry.decide(outcome, LAST - 1, max_attempts=LAST) == outcome


@pytest.mark.parametrize(
    "outcome",
    [
        Succeeded(stop_reason="epochs_done", model={}),
        Canceled(),
        Paused(),
        Interrupted(),
        WorkerLost(requested="pause"),
        Failed(code="diverged", detail=""),
    ],
)
def test_outcomes_that_do_not_use_up_attempts_are_kept(outcome: Outcome) -> None:
    assert retry.decide(outcome, LAST, max_attempts=LAST) == outcome
