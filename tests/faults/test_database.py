"""Proofs 8, 12 and 15: the database restarts, its disk is full, or many processes write to one file."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, JobId, WorkerId
from store.jobs import claims, jobs, leases
from store.jobs.leases import Lease, Progress
from store.tables import Epoch, Job
from tests.support.proof_summary import Note, Size
from tests.support.servers import PostgresServer
from tests.support.service_under_test import ServiceUnderTest
from tests.support.store import queue_job

STOPS = (signal.SIGINT, signal.SIGQUIT)  # a clean stop, and a crash
MAX_QUEUED = 90  # at a time


@pytest.mark.proof(8, "PostgreSQL restarts while jobs run", "all jobs succeed with the same bits")
def test_jobs_survive_restarts_of_postgresql(
    service: ServiceUnderTest, postgres_server: PostgresServer, note: Note, size: Size
) -> None:
    if not service.database_url.startswith("postgresql"):
        pytest.skip("PostgreSQL only")
    service.reference_hash()
    wanted, rng, restarts = size(8, 500), random.Random(8), 0
    urls: list[str] = []
    done: list[str] = []
    next_restart = time.monotonic()
    while len(done) < wanted:
        while len(urls) - len(done) < MAX_QUEUED and len(urls) < wanted:
            urls.append(service.submit_job())
        if time.monotonic() >= next_restart and (restarts < 3 or size(0, 1)):
            postgres_server.stop(rng.choice(STOPS))
            time.sleep(rng.uniform(0, 1))
            postgres_server.start()
            restarts += 1
            next_restart = time.monotonic() + rng.uniform(*((1.0, 2.0), (5.0, 40.0))[size(0, 1)])
        ended = service.wait_for_all(urls[len(done) : len(done) + 1], 120)
        service.assert_same_as_reference(ended)
        done += [job["id"] for job in ended]
    assert len(set(done)) == wanted
    note(f"{wanted} jobs, {restarts} restarts, all hashes equal")


@pytest.mark.proof(12, "disk full (SQLite)", "507; database intact")
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="mounts a small disk, as root")
def test_a_full_disk_gives_507_and_leaves_the_database_intact(tmp_path: Path, note: Note) -> None:
    script = textwrap.dedent(FULL_DISK)
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", script, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if "cannot mount" in result.stdout or "unshare:" in result.stderr:
        pytest.skip("cannot mount a small disk here, for example in a container without that privilege")
    assert result.returncode == 0, result.stdout + result.stderr
    note(result.stdout.strip().splitlines()[-1])


FULL_DISK = """
    import contextlib, os, sqlite3, subprocess, sys
    from pathlib import Path

    small = Path(sys.argv[1]) / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)]).returncode:
        sys.exit(print("cannot mount"))
    os.environ["BACKPROP_DATA"] = str(small)
    os.environ["BACKPROP_REDIS_URL"] = "redis://127.0.0.1:1/0"
    os.environ["TMPDIR"] = sys.argv[1]  # uploads pass through another disk

    from fastapi.testclient import TestClient

    from api.app import create_app
    from service.settings import settings
    from store.db.migrate import migrate
    from tests.support.tables import flowers

    migrate(settings().database)
    filler = small / "filler"
    with TestClient(create_app(settings()), base_url="http://localhost") as client:
        def upload(table):
            return client.post("/v1/datasets", content=table, headers={"Content-Type": "text/csv"})

        first = upload(flowers()).raise_for_status().json()["id"]
        try:
            with filler.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(65536))
        except OSError:
            pass
        answers = [upload(flowers(5000, seed)).status_code for seed in range(5)]
        job = client.post("/v1/jobs", json={"dataset_id": first, "target": "kind", "metadata": {"a": "b" * 400}})
        assert answers == [507] * 5, answers
        assert client.get(f"/v1/datasets/{first}").status_code == 200
        filler.unlink()
        assert upload(flowers(seed=9)).status_code == 201
        assert client.post("/v1/jobs", json={"dataset_id": first, "target": "kind"}).status_code == 201
    with contextlib.closing(sqlite3.connect(small / "backprop.sqlite3")) as connection:
        checked = connection.execute("PRAGMA integrity_check").fetchone()
    assert checked == ("ok",), checked
    print(f"5 x 507 for uploads, {job.status_code} for a job; integrity_check ok; 201 after space was freed")
"""


@pytest.mark.proof(15, "four processes write to one SQLite file", "never locked out")
def test_four_processes_write_to_one_sqlite_file_without_lock_errors(sqlite_url: str, note: Note, size: Size) -> None:
    each = size(240, 10_000) // 4
    engine = open_database(sqlite_url)
    sessions = open_sessions(engine)
    for _ in range(4):
        queue_job(sessions)
    began = time.monotonic()
    engine.dispose()  # no connection may be open across a fork
    context = multiprocessing.get_context("fork")
    with context.Pool(4) as pool:
        slowest = max(pool.starmap(write, [(sqlite_url, each)] * 4))
    seconds = time.monotonic() - began
    with snapshot(sessions) as tx:
        assert tx.scalar(select(func.sum(Job.epoch))) == 4 * each
        assert tx.scalar(select(func.count()).select_from(Epoch)) == 4 * each
        assert tx.scalar(text("PRAGMA integrity_check")) == "ok"
    engine.dispose()
    note(f"{4 * each} writes in {seconds:.0f} s, slowest {slowest:.2f} s, no lock errors")


def write(url: str, times: int) -> float:
    """Claim a job and write to it as its worker does; return the seconds of the slowest transaction."""
    engine = open_database(url)
    sessions, slowest = open_sessions(engine), 0.0
    with transaction(sessions) as tx:
        job = claims.claim(tx, WorkerId(f"wrk_{os.getpid()}"), 3600)
        assert job is not None
    lease = Lease(job_id=JobId(job.id), fence=job.fence)
    for number in range(1, times + 1):
        progress = Progress(
            epoch=number,
            fraction=0.5,
            eta_seconds=1.0,
            metrics={},
            best=None,
            ran_seconds=0.0,
            epochs={number: {}},
        )
        began = time.monotonic()
        with transaction(sessions) as tx:
            jobs.get(tx, DEFAULT_PROJECT, job.id)  # reads before it writes, as the API does
            leases.record(tx, lease, 3600, progress)
        slowest = max(slowest, time.monotonic() - began)
    engine.dispose()
    return slowest
