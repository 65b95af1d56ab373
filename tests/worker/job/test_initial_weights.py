"""Tests for worker/job/initial_weights.py."""

import pytest
from sqlalchemy import delete

from store.db.transaction import transaction
from store.tables import BlobChunk, Job, Model
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture
from worker.job.initial_weights import InitialWeightsUnusable, load_initial_weights

pytestmark = pytest.mark.one_database("sqlite")


@pytest.fixture
def fine_tuning(worker_fixture: WorkerFixture) -> Job:
    """A queued job that starts from a trained model."""
    dataset_id = worker_fixture.upload()
    base = worker_fixture.train(dataset_id, training={"epochs": 1})
    return worker_fixture.job(worker_fixture.queue(dataset_id, init_from={"model_id": base.model_id}))


def test_a_job_without_init_from_has_no_initial_weights(worker_fixture: WorkerFixture) -> None:
    job = worker_fixture.job(worker_fixture.queue(worker_fixture.upload()))
    assert load_initial_weights(worker_fixture.sessions, job) is None


def test_a_models_weights_come_with_its_preprocessing(worker_fixture: WorkerFixture, fine_tuning: Job) -> None:
    initial = load_initial_weights(worker_fixture.sessions, fine_tuning)
    assert initial is not None
    assert len(initial.preprocessors) == 1
    assert initial.weights
    assert initial.target is not None


def test_a_deleted_model_is_unusable(worker_fixture: WorkerFixture, fine_tuning: Job) -> None:
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(delete(Model))
    with pytest.raises(InitialWeightsUnusable, match="deleted"):
        load_initial_weights(worker_fixture.sessions, fine_tuning)


def test_damaged_weights_are_unusable(worker_fixture: WorkerFixture, fine_tuning: Job) -> None:
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(delete(BlobChunk).where(BlobChunk.blob_id == tx.get_one(Model, fine_tuning.base_model_id).blob_id))
    with pytest.raises(InitialWeightsUnusable, match="damaged"):
        load_initial_weights(worker_fixture.sessions, fine_tuning)


def test_a_target_of_another_name_is_learned_by_the_reused_output_layer(worker_fixture: WorkerFixture) -> None:
    csv = flowers(120)
    base = worker_fixture.train(worker_fixture.upload(csv), training={"epochs": 1})
    renamed = worker_fixture.upload(csv.replace("kind", "species", 1))
    tuned = worker_fixture.train(
        renamed, target="species", init_from={"model_id": base.model_id}, training={"epochs": 0}
    )
    assert (tuned.state, tuned.spec["init_from"]["head"]) == ("succeeded", True)
    assert worker_fixture.weights_hash(tuned.id) == worker_fixture.weights_hash(base.id)
