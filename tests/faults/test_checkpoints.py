"""Proofs 13 and 16: damaged checkpoints are detected, and a run gives one hash wherever it is interrupted."""

import multiprocessing
import random

import pytest

from engine.training import checkpoint
from service.settings import Settings
from store.artifacts import blobs
from store.db.transaction import snapshot, transaction
from store.ids import JobId
from store.jobs import checkpoints
from store.tables import BlobChunk
from tests.support.proof_summary import Note, Size
from tests.support.worker_fixture import WorkerFixture, make_worker_fixture, stop_after
from worker.job.loading import JobLoader

LAYERS = {"layers": [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.3}]}
TRAINING = {"epochs": 4, "batch_size": 16, "checkpoint_every_seconds": 3600}
BATCHES = 4 * 6  # of 96 training rows


@pytest.mark.proof(13, "a flipped bit in a checkpoint", "detected; the checkpoint before it is used")
def test_any_flipped_bit_is_detected_and_the_checkpoint_before_is_used(
    worker_fixture: WorkerFixture, note: Note, size: Size
) -> None:
    job_id = JobId(worker_fixture.queue(worker_fixture.upload(), model=LAYERS, training=TRAINING))
    for batches in (3, 5):
        worker_fixture.run_all(draining=stop_after(batches))
    with snapshot(worker_fixture.sessions) as tx:
        newest, before = checkpoints.blobs_of(tx, job_id)
    newest_bytes, before_bytes = (
        b"".join(blobs.read_verified(worker_fixture.sessions, blob)) for blob in (newest, before)
    )
    loader, job, rng = JobLoader(worker_fixture.sessions), worker_fixture.job(job_id), random.Random(13)
    assert checkpoint.dump(loader.load(job).state) == newest_bytes
    flips = size(25, 1000)
    for _ in range(flips):
        damaged = bytearray(newest_bytes)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        with transaction(worker_fixture.sessions) as tx:
            tx.get_one(BlobChunk, (newest, 0)).data = bytes(damaged)
        assert checkpoint.dump(loader.load(job).state) == before_bytes
    note(f"{flips} of {flips} detected")


def run_and_stop(settings: Settings, batches: int) -> None:
    """Run a worker in this process that stops after so many batches."""
    worker = make_worker_fixture(settings, settings.data)
    worker.run_all(draining=stop_after(batches))
    worker.close()


@pytest.mark.proof(26, "a run interrupted after any batch, in forked and spawned processes", "one hash")
def test_a_run_gives_one_hash_wherever_it_is_interrupted(worker_fixture: WorkerFixture, note: Note, size: Size) -> None:
    dataset_id = worker_fixture.upload()
    uninterrupted = worker_fixture.train(dataset_id, model=LAYERS, training=TRAINING)
    hashes = {worker_fixture.weights_hash(uninterrupted.id)}
    stops = [(method, batches) for method in ("fork", "spawn") for batches in range(size(9, 1), BATCHES, size(20, 1))]
    for method, batches in stops:
        job_id = worker_fixture.queue(dataset_id, model=LAYERS, training=TRAINING)
        arguments = (worker_fixture.settings, batches)
        process = multiprocessing.get_context(method).Process(target=run_and_stop, args=arguments)
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert worker_fixture.job(job_id).state == "queued"
        worker_fixture.run_all()
        hashes.add(worker_fixture.weights_hash(job_id))
    assert len(hashes) == 1
    note(f"{len(stops)} interruptions, 1 hash")
