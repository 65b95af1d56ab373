"""Jobs whose network is evaluated on the rows of another data set."""

import pytest
from sqlalchemy import delete

from service.jobs import actions
from service.limits import ServiceLimits
from store.artifacts import datasets
from store.db.transaction import snapshot, transaction
from store.errors import DatasetInUse
from store.ids import DEFAULT_PROJECT
from store.tables import Dataset, Model
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture, stop_after
from worker.job.loading import JobLoader

pytestmark = pytest.mark.one_database("sqlite")


def body(other: str) -> dict[str, object]:
    validation = {"dataset_id": other}
    return {"training": {"epochs": 6, "batch_size": 16, "validation": validation, "checkpoint_every_seconds": 0.001}}


def test_the_other_rows_evaluate_and_all_rows_train(worker_fixture: WorkerFixture) -> None:
    dataset_id, other = worker_fixture.upload(flowers(120)), worker_fixture.upload(flowers(150))
    job_id = worker_fixture.queue(dataset_id, **body(other))
    with transaction(worker_fixture.sessions) as tx, pytest.raises(DatasetInUse):
        datasets.remove(tx, DEFAULT_PROJECT, other)
    loaded = JobLoader(worker_fixture.sessions).load(worker_fixture.job(job_id))
    assert (len(loaded.training), len(loaded.validation or ())) == (120, 150)
    worker_fixture.run_all(stop_after(20))
    assert worker_fixture.job(job_id).state == "queued"
    worker_fixture.run_all()
    with transaction(worker_fixture.sessions) as tx:
        again = actions.retry(tx, ServiceLimits(), DEFAULT_PROJECT, job_id)
        assert again.validation_dataset_id == other
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(again.id)
    with snapshot(worker_fixture.sessions) as tx:
        evaluation = tx.get_one(Model, job.model_id).evaluation or {}
    assert evaluation["validation"] == {"dataset_id": other, "rows": 150, "out_of_fold": False}
    assert evaluation["rows"] == 150
    with transaction(worker_fixture.sessions) as tx:
        datasets.remove(tx, DEFAULT_PROJECT, other)


def test_deleted_validation_rows_fail_the_job(worker_fixture: WorkerFixture) -> None:
    dataset_id, other = worker_fixture.upload(flowers(120)), worker_fixture.upload(flowers(150))
    job_id = worker_fixture.queue(dataset_id, **body(other))
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(delete(Dataset).where(Dataset.id == other))
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, (job.error or {})["code"]) == ("failed", "dataset_unusable")
    assert f"{other} was deleted" in (job.error or {})["detail"]
