"""Proofs 13 and 26: damaged checkpoints are found, and a run has one hash wherever it was stopped."""

import itertools
import multiprocessing
import random
from pathlib import Path

import pytest

from engine.training import checkpoint
from messaging.celery_app import celery_app
from messaging.notifier import Notifier
from service.settings import Settings
from store.artifacts import blobs
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import JobId, WorkerId
from store.jobs import checkpoints
from store.tables import BlobChunk
from tests.support.proof_summary import Note, Size
from tests.support.worker_fixture import WorkerFixture
from worker.job.loading import JobLoader
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner

LAYERS = {"layers": [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.3}]}
TRAINING = {"epochs": 4, "batch_size": 16, "checkpoint_every_seconds": 3600}
BATCHES = 4 * 6  # of 96 training rows


@pytest.mark.proof(13, "checkpoint bit flips", "all found, all resume from the one before")
def test_a_flipped_bit_anywhere_is_found_and_the_one_before_used(
    worker_fixture: WorkerFixture, note: Note, size: Size
) -> None:
    job_id = JobId(worker_fixture.queue(worker_fixture.upload(), model=LAYERS, training=TRAINING))
    for batches in (3, 5):
        beats = itertools.count()
        worker_fixture.runner(draining=lambda beats=beats, batches=batches: next(beats) > batches).run_all()  # type: ignore[misc]
    with snapshot(worker_fixture.sessions) as tx:
        newest, before = checkpoints.blobs_of(tx, job_id)
    good, older = (b"".join(blobs.read_verified(worker_fixture.sessions, blob)) for blob in (newest, before))
    loader, job, rng = JobLoader(worker_fixture.sessions), worker_fixture.job(job_id), random.Random(13)
    assert checkpoint.dump(loader.load(job).state) == good
    flips = size(25, 1000)
    for _ in range(flips):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        with transaction(worker_fixture.sessions) as tx:
            tx.get_one(BlobChunk, (newest, 0)).data = bytes(bad)
        assert checkpoint.dump(loader.load(job).state) == older
    note(f"{flips} of {flips} found, resumed from the one before")


def turn(settings: Settings, batches: int) -> None:
    """A worker process that is stopped after some batches."""
    engine = open_database(settings.database)
    sessions, beats = open_sessions(engine), itertools.count()
    notifier, lease_keeper = Notifier(celery_app(settings.broker), settings.redis_url), LeaseKeeper(sessions, settings)
    draining = lambda: next(beats) > batches  # noqa: E731 - a flag that goes up
    Runner(sessions, notifier, settings, lease_keeper, WorkerId("wrk_turn"), draining).run_all()
    lease_keeper.close()
    notifier.close()
    engine.dispose()


@pytest.mark.proof(26, "stopped at any batch, forked or spawned", "one hash")
def test_a_run_has_one_hash_wherever_it_is_stopped_and_however_its_processes_start(
    worker_fixture: WorkerFixture, note: Note, size: Size, tmp_path: Path
) -> None:
    assert tmp_path == worker_fixture.folder
    dataset_id = worker_fixture.upload()
    undisturbed = worker_fixture.queue(dataset_id, model=LAYERS, training=TRAINING)
    worker_fixture.runner().run_all()
    hashes = {worker_fixture.weights_hash(undisturbed)}
    turns = [(method, batches) for method in ("fork", "spawn") for batches in range(size(9, 1), BATCHES, size(20, 1))]
    for method, batches in turns:
        job_id = worker_fixture.queue(dataset_id, model=LAYERS, training=TRAINING)
        process = multiprocessing.get_context(method).Process(target=turn, args=(worker_fixture.settings, batches))
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert worker_fixture.job(job_id).state == "queued"
        worker_fixture.runner().run_all()
        hashes.add(worker_fixture.weights_hash(job_id))
    assert len(hashes) == 1
    note(f"{len(turns)} stops, {len(hashes)} hash")
