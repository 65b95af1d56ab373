"""Time the queries of the queue on SQLite and on PostgreSQL: claims, counts and queue positions.

    ./dev bench claims [--jobs 100000] [--projects 1000] [--running 16] [--reserved 1000] [--repeats 30]

Fills a queue, lets some of the projects run a job each, and prints the best and the median time of a transaction
without its commit. On a busy machine, compare the best times. Claims are timed in that queue, then with the oldest jobs
reserved for a worker of another numeric fingerprint, then with one more project that has the highest priority and a
tenth as many jobs queued.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import insert, select, update

from store.artifacts import blobs
from store.clock import now
from store.db.database import Sessions, open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import Tx, transaction
from store.ids import JobId, ProjectId, WorkerId, new_id
from store.jobs import checkpoints, claims, queue_position, search, workers
from store.jobs.claims import FingerprintPolicy
from store.jobs.search import JobFilters
from store.jobs.workers import WorkerInfo
from store.tables import IS_QUEUED, Job, Project
from tests.support.servers import PostgresServer

ROW: dict[str, Any] = {"dataset_id": "ds_1", "name": "a job", "spec": {}, "estimate": {}, "epochs": 10}
BATCH_ROWS = 5000


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Start an SQLite file and a PostgreSQL server; delete both afterwards."""
    server = PostgresServer().create()
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield {"SQLite": f"sqlite:///{folder}/queue.db", "PostgreSQL": server.url()}
    finally:
        server.destroy()


def fill(sessions: Sessions, queued: int, projects: Sequence[ProjectId], **columns: Any) -> None:
    """Queue jobs of random projects."""
    rng = random.Random(7)
    for start in range(0, queued, BATCH_ROWS):
        rows = [
            {**ROW, "id": new_id("job"), "project_id": rng.choice(projects), **columns}
            for _ in range(min(BATCH_ROWS, queued - start))
        ]
        with transaction(sessions) as tx:
            tx.execute(insert(Job), rows)


def reserve_oldest(sessions: Sessions, count: int) -> None:
    """Give the oldest queued jobs a checkpoint with the numeric fingerprint of another live worker."""
    with transaction(sessions) as tx:
        oldest = list(tx.scalars(select(Job.id).where(IS_QUEUED).order_by(Job.id).limit(count)))
        worker = WorkerInfo(id=WorkerId("wrk_2"), host="host", pid=1, slots=1, fingerprint="there")
        workers.record_heartbeat(tx, worker)
    blob = blobs.write(sessions, [b"state"])
    with transaction(sessions) as tx:
        checkpoint = checkpoints.create(tx, JobId(oldest[0]), blob.id, "there")
        tx.execute(update(Job).where(Job.id.in_(oldest)).values(checkpoint_id=checkpoint, updated_at=now()))


def add_projects(sessions: Sessions, count: int) -> list[ProjectId]:
    """Insert projects and return their ids."""
    ids = [ProjectId(new_id("prj")) for _ in range(count)]
    with transaction(sessions) as tx:
        tx.execute(insert(Project), [{"id": project, "name": project} for project in ids])
    return ids


def clock(sessions: Sessions, work: Callable[[Tx], object], repeats: int) -> tuple[float, float]:
    """Best and median milliseconds of `work` in a transaction, without the commit."""
    taken = []
    for _ in range(repeats):
        with transaction(sessions) as tx:
            began = time.perf_counter()
            work(tx)
            taken.append((time.perf_counter() - began) * 1e3)
    return min(taken), statistics.median(taken)


def measure(name: str, sessions: Sessions, options: argparse.Namespace) -> None:
    """Fill one database and print its times."""
    projects = add_projects(sessions, options.projects)
    fill(sessions, options.jobs, projects)

    def claim(tx: Tx) -> None:
        assert claims.claim(
            tx, WorkerId("wrk_1"), 30, fingerprint_policy=FingerprintPolicy(fingerprint="here", wait_seconds=3600)
        )

    def last(tx: Tx) -> Job:
        return search.page_of(tx, projects[0], JobFilters(state="queued"), None, 1).rows[0]

    clock(sessions, claim, options.running)
    lines: dict[str, Callable[[Tx], object]] = {
        "reading a job, to compare": last,
        "claim": claim,
        "count, up to 10,000": lambda tx: queue_position.count_queued(tx, at_most=10_000),
        "count of a project, up to 100": lambda tx: queue_position.count_queued(tx, projects[0], at_most=100),
        "queue position": lambda tx: queue_position.queue_snapshot(tx, projects[0]).position_of(last(tx)),
    }
    for line, work in lines.items():
        show(name, line, clock(sessions, work, options.repeats))
    reserve_oldest(sessions, options.reserved)
    show(name, "claim past reserved jobs", clock(sessions, claim, options.repeats))
    fill(sessions, options.jobs // 10, add_projects(sessions, 1), priority=9)
    show(name, "claim beside a long queue", clock(sessions, claim, options.repeats))


def show(database: str, line: str, times: tuple[float, float]) -> None:
    """Print a line."""
    print(f"{database:12}{line:32}{times[0]:9.2f}{times[1]:9.2f}", flush=True)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, default in (
        ("jobs", 100_000),
        ("projects", 1000),
        ("running", 16),
        ("reserved", 1000),
        ("repeats", 30),
    ):
        parser.add_argument(f"--{option}", type=int, default=default)
    options = parser.parse_args()
    print(f"{options.jobs:,} queued jobs of {options.projects:,} projects, {options.running} running; milliseconds")
    print(f"{'':12}{'':32}{'best':>9}{'median':>9}")
    with databases() as urls:
        for name, url in urls.items():
            migrate(url)
            engine = open_database(url)
            measure(name, open_sessions(engine), options)
            engine.dispose()


if __name__ == "__main__":
    main()
