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
from tests.faults.conftest import Note, Size
from tests.worker.conftest import Bench
from worker.job.loading import JobLoader
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner

LAYERS = {"layers": [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.3}]}
TRAINING = {"epochs": 4, "batch_size": 16, "checkpoint_every_seconds": 3600}
BATCHES = 4 * 6  # of 96 training rows


@pytest.mark.proof(13, "checkpoint bit flips", "all found, all resume from the one before")
def test_a_flipped_bit_anywhere_is_found_and_the_one_before_used(bench: Bench, note: Note, size: Size) -> None:
    job_id = JobId(bench.queue(bench.upload(), model=LAYERS, training=TRAINING))
    for batches in (3, 5):
        beats = itertools.count()
        bench.runner(draining=lambda beats=beats, batches=batches: next(beats) > batches).run_all()  # type: ignore[misc]
    with snapshot(bench.sessions) as tx:
        newest, before = checkpoints.blobs_of(tx, job_id)
    good, older = (b"".join(blobs.read_checked(bench.sessions, blob)) for blob in (newest, before))
    loader, job, rng = JobLoader(bench.sessions), bench.job(job_id), random.Random(13)
    assert checkpoint.dump(loader.load(job).state) == good
    flips = size(25, 1000)
    for _ in range(flips):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        with transaction(bench.sessions) as tx:
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
    bench: Bench, note: Note, size: Size, tmp_path: Path
) -> None:
    assert tmp_path == bench.folder
    dataset_id = bench.upload()
    undisturbed = bench.queue(dataset_id, model=LAYERS, training=TRAINING)
    bench.runner().run_all()
    hashes = {bench.weights_hash(undisturbed)}
    turns = [(method, batches) for method in ("fork", "spawn") for batches in range(size(9, 1), BATCHES, size(20, 1))]
    for method, batches in turns:
        job_id = bench.queue(dataset_id, model=LAYERS, training=TRAINING)
        process = multiprocessing.get_context(method).Process(target=turn, args=(bench.settings, batches))
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert bench.job(job_id).state == "queued"
        bench.runner().run_all()
        hashes.add(bench.weights_hash(job_id))
    assert len(hashes) == 1
    note(f"{len(turns)} stops, {len(hashes)} hash")
