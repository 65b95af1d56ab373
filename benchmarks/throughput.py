"""Measure the throughput of tiny jobs, and the latency of one from submission to success.

    ./dev bench throughput [--jobs 300] [--epochs 1] [--singles 30] [--workers 1 2]

The API, the scheduler and the workers run as processes with default settings, on SQLite and on PostgreSQL, with their
own Valkey server. The jobs are queued before the workers start. Jobs per second are counted from the start of the
first job to the end of the last, and compared with those of the first number of workers. Latency is the median and the
90th percentile of jobs submitted one at a time with `Prefer: wait`.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from store.db.migrate import migrate
from tests.support.processes import SHORT, START_SECONDS, Processes
from tests.support.servers import PostgresServer, RedisServer, valkey_binary
from tests.support.tables import flowers

END_SECONDS = 600.0


@contextmanager
def services() -> Iterator[dict[str, Processes]]:
    """A service on each database, with no process started yet; everything is deleted afterwards."""
    postgres, valkey = PostgresServer().create(), RedisServer(valkey_binary()).start()
    try:
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            urls = {"SQLite": (f"sqlite:///{first}/x.db", first), "PostgreSQL": (postgres.url(), second)}
            yield {name: make_service(url, valkey.url, Path(folder)) for name, (url, folder) in urls.items()}
    finally:
        valkey.destroy()
        postgres.destroy()


def make_service(database_url: str, redis_url: str, folder: Path) -> Processes:
    """A service with default settings, except for the limit of queued jobs."""
    migrate(database_url)
    service = Processes(database_url, redis_url, folder)
    for name in SHORT:
        del service.environment[name]
    service.environment["BACKPROP_MAX_PROJECT_QUEUED"] = "10000"
    return service


def measure(name: str, service: Processes, options: argparse.Namespace) -> None:
    """Print a line for each number of workers."""
    service.start("api", "--port", str(service.port))
    service.start("worker.maintenance.scheduler")
    service.wait(lambda: responds(service), START_SECONDS)
    dataset_id, base = service.upload(flowers()), None
    for workers in options.workers:
        body = {"target": "kind", "training": {"epochs": options.epochs}}
        urls = [service.submit(dataset_id, **body) for _ in range(options.jobs)]
        worker = service.start("worker", "--concurrency", str(workers))
        rate = jobs_per_second([service.finished(url, END_SECONDS) for url in urls])
        base = base or rate
        singles = sorted(latency(service, {"dataset_id": dataset_id, **body}) for _ in range(options.singles))
        median, high = statistics.median(singles), singles[len(singles) * 9 // 10]
        print(f"{name:12}{workers:8}{rate:9.1f}{rate / base:9.2f}{median * 1e3:11.0f}{high * 1e3:9.0f}", flush=True)
        worker.terminate()
        worker.wait()
    service.end()


def responds(service: Processes) -> bool:
    """Whether the API responds."""
    try:
        return service.client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def jobs_per_second(jobs: list[dict[str, Any]]) -> float:
    """Jobs per second between the start of the first job and the end of the last."""
    assert {job["state"] for job in jobs} == {"succeeded"}
    first = min(datetime.fromisoformat(job["started_at"]) for job in jobs)
    last = max(datetime.fromisoformat(job["finished_at"]) for job in jobs)
    return len(jobs) / (last - first).total_seconds()


def latency(service: Processes, body: dict[str, Any]) -> float:
    """Seconds from submission to the answer, which is sent when the job ends."""
    began = time.perf_counter()
    answer = service.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=15"})
    taken = time.perf_counter() - began
    assert answer.json()["state"] == "succeeded", answer.text
    return taken


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--singles", type=int, default=30)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    print(f"{options.jobs} jobs of {options.epochs} epochs over 96 rows, queued before the workers start;")
    print(f"then {options.singles} jobs, one at a time")
    print(f"{'':12}{'workers':>8}{'jobs/s':>9}{'times':>9}{'median ms':>11}{'90 % ms':>9}")
    with services() as all_services:
        for name, service in all_services.items():
            measure(name, service, options)


if __name__ == "__main__":
    main()
