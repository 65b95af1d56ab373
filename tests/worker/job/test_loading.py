"""Tests for worker/job/loading.py."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from store.artifacts import datasets
from store.artifacts.blob_files import as_file
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT
from store.tables import Blob, Job
from tabular.table import read_table
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture
from worker.job import loading
from worker.job.loading import DatasetUnusable, JobLoader

pytestmark = pytest.mark.one_database("sqlite")


def test_a_job_is_loaded_with_rows_network_and_initial_state(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(flowers(120)))
    loaded = JobLoader(worker_fixture.sessions).load(worker_fixture.job(job_id))
    assert loaded.validation is not None
    assert len(loaded.training) + len(loaded.validation) == 120
    assert loaded.network.inputs == loaded.training.x.shape[1]
    assert (loaded.state.epoch, loaded.state.best) == (0, None)


def test_jobs_on_the_same_table_get_equal_arrays_from_the_cache(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    loader = JobLoader(worker_fixture.sessions)
    first, second = (loader.load(worker_fixture.job(worker_fixture.queue(dataset_id))) for _ in range(2))
    np.testing.assert_array_equal(first.training.x, second.training.x)
    assert loader._cached is not None


def test_large_tables_are_not_cached(worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_CACHED_CELLS", 10)
    loader = JobLoader(worker_fixture.sessions)
    loader.load(worker_fixture.job(worker_fixture.queue(worker_fixture.upload())))
    assert loader._cached is None


def test_a_deleted_data_set_is_unusable(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    job_id = worker_fixture.queue(dataset_id)
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Job).values(finished_at=1))
        datasets.remove(tx, DEFAULT_PROJECT, dataset_id)
    with pytest.raises(DatasetUnusable, match="deleted"):
        JobLoader(worker_fixture.sessions).load(worker_fixture.job(job_id))


def test_the_file_of_a_table_is_in_no_folder(
    worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker_fixture.upload()
    with snapshot(worker_fixture.sessions) as tx:
        blob_id = tx.scalars(select(Blob.id)).one()
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with as_file(worker_fixture.sessions, blob_id) as path:
        assert list(folder.iterdir()) == []
        assert read_table(path).rows > 0
