"""Measure the service beside a bare FastAPI application in the same run: the figures that users notice.

    ./dev bench service [--database sqlite postgresql] [--only polls tiny predictions streams creations]
                                 [--seconds 3]

Each database gets a new service with one API process. Requests are sent by `wrk`, polls and creations through 16
connections, predictions through 1 and 8. "of bare" is the rate divided by that of the bare application, which answers
a constant; it is measured before and after. The polled job is paused, so nothing changes. All parts take about two
minutes for each database. Lists of many jobs: `./dev bench lists`.
"""

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.api_process import start_api
from tests.support.http_load import Load, cpu_seconds, load, open_request, require_wrk, start_bare
from tests.support.processes import START_SECONDS, Processes
from tests.support.tables import flowers

LIMITS = {  # of one client, raised so that they do not decide
    "BACKPROP_MAX_PROJECT_QUEUED": "1000000",
    "BACKPROP_MAX_QUEUED": "1000000",
    "BACKPROP_MAX_PROJECT_WAITING": "5000",
    "BACKPROP_MAX_SOCKETS_PER_ADDRESS": "5000",
}
IDLE = 500  # streams, and as many long polls
IDLE_SECONDS = 20.0
SETTLE_SECONDS = 5.0
SINGLES = 30  # tiny jobs, one at a time
MANY_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A running service, a bare application, and the time that each measurement takes."""

    service: Processes
    api_pid: int
    bare_url: str
    seconds: float
    dataset_id: str

    def url(self, path: str) -> str:
        """Return the whole address of a path."""
        return f"http://127.0.0.1:{self.service.port}{path}"

    def compare(self, name: str, path: str, *headers: str, **options: Any) -> None:
        """Print the rate of a request, and its share of the rate of the bare application."""
        before = self._bare_rate(options)
        measured = load(self.url(path), self.seconds, *headers, **options)
        bare = (before + self._bare_rate(options)) / 2
        share = f"{measured.rate / bare:.3f}"
        show(name, measured, f"of bare {share} ({bare:.0f}/s)")

    def _bare_rate(self, options: dict[str, Any]) -> float:
        """Return the requests per second that the bare application answers through as many connections."""
        connections = {name: value for name, value in options.items() if name == "connections"}
        return load(self.bare_url, self.seconds / 2, **connections).rate

    def paused_job(self) -> tuple[str, str]:
        """Return the path and the ETag of a job that does not change."""
        job = self.service.submit(self.dataset_id, target="kind")
        return job, str(self.service.client.post(f"{job}/pause").headers["ETag"])


def show(name: str, measured: Load, more: str = "") -> None:
    """Print one line."""
    print(
        f"  {name:34}{measured.rate:8.0f}/s   p50 {measured.p50:7.2f} ms   p99 {measured.p99:7.2f} ms   {more}",
        flush=True,
    )


def polls(bench: Bench) -> None:
    """Polls of a job that does not change."""
    job, etag = bench.paused_job()
    bench.compare("poll, 200", job)
    bench.compare("poll, 304", job, f"If-None-Match: {etag}")


def creations(bench: Bench) -> None:
    """Validations and submissions of the same request, which the API plans one time only."""
    body = json.dumps({"dataset_id": bench.dataset_id, "target": "kind"})
    bench.compare("validate a job", "/v1/jobs?validate_only=true", body=body)
    bench.compare("create a job", "/v1/jobs", body=body)


def tiny(bench: Bench) -> None:
    """Tiny jobs, one at a time: from the request to the answer, which is sent when the job has succeeded."""
    body = {"dataset_id": bench.dataset_id, "target": "kind", "training": {"epochs": 1}}

    def measure() -> None:
        taken = sorted(_seconds(bench, "/v1/jobs", body, {"Prefer": "wait=15"}) for _ in range(SINGLES))
        median, high = statistics.median(taken) * 1e3, taken[len(taken) * 9 // 10] * 1e3
        print(f"  {'tiny job, submit to succeeded':34}median {median:.1f} ms, 90 % {high:.1f} ms", flush=True)

    with_worker(bench, measure)


def predictions(bench: Bench) -> None:
    """Rows predicted over HTTP."""
    trained: list[str] = []

    def train() -> None:
        job = bench.service.submit(bench.dataset_id, target="kind", training={"epochs": 3})
        trained.append(bench.service.finished(job)["links"]["model"])

    with_worker(bench, train)
    path = f"{trained[0]}/predictions"
    body = json.dumps({"rows": [{"length": 5.1, "width": 3.4, "color": "red"}]})
    for connections in (1, 8):
        bench.compare(f"predict a row, {connections} connections", path, body=body, connections=connections)
    rows = [{"length": 4 + row / MANY_ROWS, "width": 3 + row / MANY_ROWS, "color": "red"} for row in range(MANY_ROWS)]
    best = min(_seconds(bench, path, {"rows": rows}, {}) for _ in range(5))
    print(f"  {f'predict {MANY_ROWS:,} rows':34}{best:.3f} s", flush=True)


def streams(bench: Bench) -> None:
    """The cost of idle event streams and long polls, and polls beside them."""
    job, etag = bench.paused_job()
    alone = load(bench.url(job), bench.seconds)
    wait = ("Prefer: wait=60", f"If-None-Match: {etag}")
    sockets = [open_request(bench.service.port, f"{job}/events", "Accept: text/event-stream") for _ in range(IDLE)]
    for each in sockets:
        each.recv(1)  # the API has answered, so the cost of opening is not measured
    sockets += [open_request(bench.service.port, job, *wait) for _ in range(IDLE)]
    time.sleep(SETTLE_SECONDS)
    before, began = cpu_seconds(bench.api_pid), time.monotonic()
    time.sleep(IDLE_SECONDS)
    share = (cpu_seconds(bench.api_pid) - before) / (time.monotonic() - began)
    beside = load(bench.url(job), bench.seconds)
    print(f"  {f'{IDLE} idle streams, {IDLE} long polls':34}{share:.1%} of a core", flush=True)
    show("polls beside them", beside, f"p99 {beside.p99 / alone.p99:.1f} times that of polls alone")
    for each in sockets:
        each.close()


def with_worker(bench: Bench, action: Callable[[], None]) -> None:
    """Do something while a worker runs."""
    worker = bench.service.start_worker()
    bench.service.wait(bench.service.is_ready, START_SECONDS)
    action()
    worker.terminate()
    worker.wait()


def _seconds(bench: Bench, path: str, body: dict[str, Any], headers: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = bench.service.client.post(path, json=body, headers=headers)
    taken = time.perf_counter() - began
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json().get("state", "succeeded") == "succeeded", answer.text
    return taken


PARTS: dict[str, Callable[[Bench], None]] = {
    "polls": polls,
    "tiny": tiny,
    "predictions": predictions,
    "streams": streams,
    "creations": creations,  # last: its jobs stay in the queue
}


def measure(database: str, options: argparse.Namespace) -> None:
    """Start a service on a database and print all measurements."""
    with ExitStack() as stack:
        service, api, _ = start_api(stack, database, **LIMITS)
        dataset_id = service.upload(flowers())
        bare_url, seconds = start_bare(stack), options.seconds
        bench = Bench(service=service, api_pid=api.pid, bare_url=bare_url, seconds=seconds, dataset_id=dataset_id)
        print(f"{database}:")
        for name, part in PARTS.items():
            if name in options.only:
                part(bench)


def main() -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--only", choices=list(PARTS), nargs="+", default=list(PARTS))
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    require_wrk()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    for database in options.database:
        measure(database, options)


if __name__ == "__main__":
    main()
