"""Models: deletion, and references from jobs that start from them."""

import threading

import pytest

from store.artifacts import models
from store.artifacts.blobs import write
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.errors import ModelInUse
from store.ids import DEFAULT_PROJECT, JobId, WorkerId
from store.jobs import jobs, leases
from store.jobs.claims import claim
from store.jobs.leases import Lease
from store.tables import Blob, Job, Model
from tests.support.store import queue_job

ABOUT = {"architecture": {}, "preprocessing": {}, "metrics": {}, "parameters": 1, "fingerprint": ""}


@pytest.fixture
def made(sessions: Sessions) -> Job:
    """A job that succeeded with a model."""
    queue_job(sessions)
    blob = write(sessions, [b"weights"])
    with transaction(sessions) as tx:
        job = claim(tx, WorkerId("wrk_1"), 30)
        assert job
        lease = Lease(job_id=JobId(job.id), fence=job.fence)
        return leases.succeed(tx, lease, "epochs_done", {**ABOUT, "blob_id": blob.id})


def test_deleted_model_takes_its_blob_and_leaves_its_job(sessions: Sessions, made: Job) -> None:
    with transaction(sessions) as tx:
        model = models.remove(tx, DEFAULT_PROJECT, made.model_id or "")
    with snapshot(sessions) as tx:
        job = jobs.get(tx, DEFAULT_PROJECT, made.id)
        assert (job.model_id, job.version) == (None, made.version + 1)
        assert tx.get(Blob, model.blob_id) is None
    with transaction(sessions) as tx:
        jobs.remove(tx, DEFAULT_PROJECT, made.id)


def test_model_in_use_and_its_job_cannot_be_deleted(sessions: Sessions, made: Job) -> None:
    needs = queue_job(sessions, base_model_id=made.model_id)
    with pytest.raises(ModelInUse), transaction(sessions) as tx:
        models.remove(tx, DEFAULT_PROJECT, made.model_id or "")
    with pytest.raises(ModelInUse), transaction(sessions) as tx:
        jobs.remove(tx, DEFAULT_PROJECT, made.id)
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, needs.id)
        jobs.remove(tx, DEFAULT_PROJECT, made.id)
    with snapshot(sessions) as tx:
        assert (tx.get(Job, made.id), tx.get(Model, made.model_id)) == (None, None)


def test_model_of_a_job_being_queued_cannot_be_deleted(sessions: Sessions, made: Job) -> None:
    model_id, outcomes = made.model_id or "", list[type[BaseException]]()

    def remove() -> None:
        try:
            with transaction(sessions) as tx:
                models.remove(tx, DEFAULT_PROJECT, model_id)
        except ModelInUse as error:
            outcomes.append(type(error))

    with transaction(sessions) as tx:
        models.get(tx, DEFAULT_PROJECT, model_id, lock="shared")
        remover = threading.Thread(target=remove)
        remover.start()
        remover.join(timeout=0.3)
        about = {"dataset_id": "ds_1", "name": "a job", "spec": {}, "estimate": {}, "epochs": 1}
        jobs.create(tx, DEFAULT_PROJECT, base_model_id=model_id, **about)
    remover.join(timeout=20)
    assert outcomes == [ModelInUse]
