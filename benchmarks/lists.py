"""Time lists, polls and metrics in a database with many jobs, beside the same in an almost empty one.

    ./dev bench lists [--database sqlite postgresql] [--jobs 20000] [--epochs 200000] [--repeats 30]

Each database gets a new service with one API process. Its first 100 jobs fill two pages and match all filters; they are
measured first. Then many jobs and their epochs are inserted, and the same requests are sent again, one at a time. A
line shows the median and the 90th percentile in milliseconds, and the ratio of the medians.

A large database: `--jobs 1000000 --epochs 10000000`. It needs about 10 GB of disk and many minutes to fill.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import insert, literal, select, text, true

from benchmarks.api_process import start_api
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import new_id
from store.tables import Epoch, Job, JobMetadata, Json, table_of
from tests.support.processes import Processes
from tests.support.tables import flowers

PAGE_JOBS = 50
FIRST_JOBS = 2 * PAGE_JOBS
BATCH_JOBS = 5000
METRICS = {"train_loss": 0.51, "val_loss": 0.52, "val_accuracy": 0.9, "learning_rate": 0.001, "seconds": 0.01}
MATCHING = {"team": "7", "batch": "7"}
FILTERED = f"/v1/jobs?limit={PAGE_JOBS}"

Row = dict[str, Any]
Times = dict[str, list[float]]


def template(service: Processes, sessions: Sessions) -> Row:
    """Submit a job and cancel it; return its row, from which all others are made."""
    path = service.submit(service.upload(flowers()), target="kind")
    service.client.post(f"{path}/cancel").raise_for_status()
    with snapshot(sessions) as tx:
        return dict(tx.execute(select(table_of(Job))).mappings().one())


def many(count: int) -> Iterator[Row]:
    """Yield what differs between jobs: one in a hundred has failed, one in a thousand has both pairs of metadata."""
    for number in range(count):
        state = "failed" if number % 100 == 0 else "canceled"
        yield {"state": state, "metadata": {"team": str(number % 10), "batch": str(number % 1000)}}


def fill(sessions: Sessions, like: Row, rows: Sequence[Row], epochs: int) -> list[str]:
    """Insert jobs like one of them, each with its metadata and `epochs` epochs; return their ids."""
    jobs = [{**like, **row, "id": new_id("job")} for row in rows]
    pairs = [
        {"job_id": job["id"], "project_id": job["project_id"], "key": key, "value": value}
        for job in jobs
        for key, value in job["metadata"].items()
    ]
    table, ids = table_of(Job), [job["id"] for job in jobs]
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < epochs))
    number, metrics = numbers.c.number, literal(METRICS, Json)
    each = select(table.c.id, number, number, metrics, table.c.created_at)
    each = each.join_from(table, numbers, true()).where(table.c.id.between(min(ids), max(ids)))
    with transaction(sessions) as tx:
        tx.execute(insert(table), jobs)
        tx.execute(insert(table_of(JobMetadata)), pairs)
        if epochs:
            columns = ["job_id", "epoch", "number", "metrics", "at"]
            tx.execute(insert(table_of(Epoch)).from_select(columns, each))
    return ids


def fill_many(sessions: Sessions, like: Row, options: argparse.Namespace) -> list[str]:
    """Insert the jobs batch by batch; return the ids of some of them."""
    began, rows, kept = time.monotonic(), many(options.jobs), list[str]()
    for start in range(0, options.jobs, BATCH_JOBS):
        batch = [next(rows) for _ in range(min(BATCH_JOBS, options.jobs - start))]
        ids = fill(sessions, like, batch, options.epochs // options.jobs)
        kept += random.Random(start).sample(ids, min(options.repeats, len(ids)))
    analyze(sessions)
    seconds = time.monotonic() - began
    print(f"  {options.jobs:,} jobs and {options.epochs:,} epochs inserted in {seconds:.0f} s", flush=True)
    return random.Random(1).sample(kept, min(options.repeats, len(kept)))


def analyze(sessions: Sessions) -> None:
    """Let PostgreSQL collect statistics, which it does by itself a minute after a large change."""
    with transaction(sessions) as tx:
        if tx.get_bind().dialect.name == "postgresql":
            tx.execute(text("ANALYZE"))


def measure(service: Processes, ids: Sequence[str]) -> Times:
    """Send each request as often as there are ids; return the milliseconds. Lists must fill their page."""
    cursor = _get(service, FILTERED)[1].get("next_cursor")
    pairs = "".join(f"&metadata.{key}={value}" for key, value in MATCHING.items())
    lists = {
        "list, first page": FILTERED,
        "list, a page by its cursor": f"{FILTERED}&cursor={cursor}" if cursor else FILTERED,
        "list by state": f"{FILTERED}&state=failed",
        "list by two pairs of metadata": f"{FILTERED}{pairs}",
    }
    times: Times = {name: [_list(service, path) for _ in ids] for name, path in lists.items()}
    times["poll of a job"] = [_get(service, f"/v1/jobs/{each}")[0] for each in ids]
    times["metrics of a job"] = [_get(service, f"/v1/jobs/{each}/metrics")[0] for each in ids]
    return times


def show(small: Times, large: Times) -> None:
    """Print one line per request."""
    print(f"  {'':34}{'100 jobs':>20}{'many jobs':>20}{'ratio':>8}")
    for name, before in small.items():
        after = large[name]
        ratio = statistics.median(after) / statistics.median(before)
        print(f"  {name:34}{_summary(before):>20}{_summary(after):>20}{ratio:8.2f}", flush=True)


def _summary(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f}, {sorted(times)[len(times) * 9 // 10]:.1f}"


def _list(service: Processes, path: str) -> float:
    taken, page = _get(service, path)
    assert len(page["data"]) == PAGE_JOBS, f"{path} returned {len(page['data'])} jobs"
    return taken


def _get(service: Processes, path: str) -> tuple[float, Row]:
    began = time.perf_counter()
    answer = service.client.get(path)
    taken = (time.perf_counter() - began) * 1e3
    assert answer.status_code == 200, answer.text
    return taken, answer.json()


def run(database: str, options: argparse.Namespace) -> None:
    """Start a service on a database and print all measurements."""
    with ExitStack() as stack:
        service, _, url = start_api(stack, database)
        engine = open_database(url)
        stack.callback(engine.dispose)
        sessions = open_sessions(engine)
        print(f"{database}:", flush=True)
        like = template(service, sessions)
        page = [{"state": "failed", "metadata": MATCHING}] * FIRST_JOBS
        ids = fill(sessions, like, page, options.epochs // options.jobs)
        small = measure(service, random.Random(0).sample(ids, min(options.repeats, FIRST_JOBS)))
        show(small, measure(service, fill_many(sessions, like, options)))


def main() -> None:
    """Print one table per database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=200_000, help="of all jobs together, the same number each")
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    for database in options.database:
        run(database, options)


if __name__ == "__main__":
    main()
