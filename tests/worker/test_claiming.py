"""Tests for worker/claiming.py."""

import pytest
from sqlalchemy.exc import OperationalError

from store.jobs import claims
from tests.support.worker_fixture import WorkerFixture
from worker.claiming import Claimer


def fail_after_commit(place: str, _error: Exception | None = None) -> None:
    """Report the first claim as failed although it was committed."""
    if place == "claim.after_commit":
        raise OperationalError(place, {}, ConnectionError())


def test_nothing_is_claimed_from_an_empty_queue(worker_fixture: WorkerFixture) -> None:
    assert Claimer(worker_fixture.context()).claim() is None


def test_a_queued_job_is_claimed(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    job = Claimer(worker_fixture.context()).claim()
    assert job is not None
    assert (job.id, job.state, job.attempt) == (job_id, "running", 1)


def test_a_committed_claim_that_was_reported_as_failed_is_found(
    worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    monkeypatch.setattr("store.db.failpoints.hit", fail_after_commit)
    job = Claimer(worker_fixture.context()).claim()
    assert job is not None
    assert (job.id, job.attempt) == (job_id, 1)


def test_a_worker_that_has_to_stop_does_not_keep_looking_for_a_failed_claim(
    worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("claim", {}, ConnectionError())

    monkeypatch.setattr(claims, "claim", fail)
    monkeypatch.setattr(claims, "recover_claim", fail)
    with pytest.raises(OperationalError):
        Claimer(worker_fixture.context(draining=lambda: True)).claim()
