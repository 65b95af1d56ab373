"""Uploaded weights: deletion, references from jobs, and the bytes that a project stores."""

import threading

import pytest
from sqlalchemy import update

from store.artifacts import blobs, uploaded_weights, usage
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.errors import NotFound, WeightsInUse
from store.ids import DEFAULT_PROJECT, ProjectId, WeightsId
from store.jobs import jobs
from store.tables import Blob, Weights
from tests.support.store import queue_job

ABOUT = {"name": "mine", "bytes": 7, "sha256": "0" * 64, "tensors": []}


def upload(sessions: Sessions, project: ProjectId = DEFAULT_PROJECT) -> Weights:
    blob = blobs.write(sessions, [b"weights"])
    with transaction(sessions) as tx:
        return uploaded_weights.create(tx, project, blob.id, **ABOUT)


def test_weights_can_be_deleted_once_no_unfinished_job_needs_them(sessions: Sessions) -> None:
    ours = upload(sessions)
    job = queue_job(sessions, base_weights_id=ours.id)
    with pytest.raises(WeightsInUse), transaction(sessions) as tx:
        uploaded_weights.remove(tx, DEFAULT_PROJECT, ours.id)
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
        uploaded_weights.remove(tx, DEFAULT_PROJECT, ours.id)
    with snapshot(sessions) as tx:
        assert uploaded_weights.blob_of(tx, WeightsId(ours.id)) is None
        assert tx.get(Blob, ours.blob_id) is None


def test_weights_of_another_project_are_not_found(sessions: Sessions, other_project: ProjectId) -> None:
    ours = upload(sessions)
    for ask in (uploaded_weights.get, uploaded_weights.remove):
        with pytest.raises(NotFound, match=f"Weights {ours.id} not found"), transaction(sessions) as tx:
            ask(tx, other_project, ours.id)


def test_old_blobs_of_weights_are_not_orphans(sessions: Sessions) -> None:
    ours = upload(sessions)
    with transaction(sessions) as tx:
        tx.execute(update(Blob).values(created_at=Blob.created_at - 2 * blobs.ORPHAN_MILLISECONDS))
    assert blobs.remove_orphans(sessions) == ""
    assert b"".join(blobs.read_verified(sessions, ours.blob_id)) == b"weights"


def test_weights_of_a_job_being_queued_cannot_be_deleted(sessions: Sessions) -> None:
    ours, outcomes = upload(sessions), list[type[BaseException]]()

    def remove() -> None:
        try:
            with transaction(sessions) as tx:
                uploaded_weights.remove(tx, DEFAULT_PROJECT, ours.id)
        except WeightsInUse as error:
            outcomes.append(type(error))

    with transaction(sessions) as tx:
        uploaded_weights.get(tx, DEFAULT_PROJECT, ours.id, lock="shared")
        remover = threading.Thread(target=remove)
        remover.start()
        remover.join(timeout=0.3)
        about = {"dataset_id": "ds_1", "name": "a job", "spec": {}, "estimate": {}, "epochs": 1}
        jobs.create(tx, DEFAULT_PROJECT, base_weights_id=ours.id, **about)
    remover.join(timeout=20)
    assert outcomes == [WeightsInUse]


def test_uploads_of_a_project_are_counted_one_at_a_time(sessions: Sessions, other_project: ProjectId) -> None:
    upload(sessions)
    upload(sessions, other_project)
    seen = list[int]()

    def count() -> None:
        with transaction(sessions) as tx:
            usage.lock_project(tx, DEFAULT_PROJECT)
            seen.append(usage.uploaded_bytes(tx, DEFAULT_PROJECT))

    blob = blobs.write(sessions, [b"weights"])
    with transaction(sessions) as tx:
        usage.lock_project(tx, DEFAULT_PROJECT)
        second = threading.Thread(target=count)
        second.start()
        second.join(timeout=0.3)
        uploaded_weights.create(tx, DEFAULT_PROJECT, blob.id, **ABOUT)
    second.join(timeout=20)
    assert seen == [14]
