"""Measure what a deployment needs: memory and connections of each process, and disk per job and epoch.

    ./dev bench sizing [--database sqlite postgresql] [--jobs 2000]

Each database gets a new service: an API process, a worker with two training processes, and a scheduler. Memory is
measured when a job has been trained and its model has predicted: the resident set, of which forked processes share a
part, and the proportional share (PSS). Connections are what opening the process added to PostgreSQL and Redis.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from redis import Redis
from sqlalchemy import text

from benchmarks.lists import Row, analyze, fill, many, template
from store.db.database import Sessions, open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import snapshot
from tests.support.processes import START_SECONDS, Processes, children
from tests.support.servers import PostgresServer, RedisServer, valkey_binary
from tests.support.tables import flowers

CONNECTIONS = """
    SELECT application_name, count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1 ORDER BY 1
"""
EPOCHS = 20  # of each inserted job
MIB = 1 << 20
PARTS = {  # with the names of their arguments
    "API process": ("api",),
    "scheduler": ("worker.maintenance.scheduler",),
    "worker, 2 training processes": ("worker", "--concurrency", "2"),
}
FROM_NOTHING = {"PYTHONHASHSEED": "random"}  # any variable of a library: the process is not forked from a prepared one


def start(service: Processes) -> dict[str, int]:
    """Start all parts; return their process ids."""
    pids = {}
    for name, (module, *arguments) in PARTS.items():
        port = ("--port", str(service.port)) if module == "api" else ()
        pids[name] = service.start(module, *arguments, *port, **FROM_NOTHING).pid
    service.wait(service.is_ready, START_SECONDS)
    return pids


def use(service: Processes) -> None:
    """Train two jobs at a time and predict a row, so that each process has done its work."""
    dataset = service.upload(flowers())
    jobs = [service.submit(dataset, target="kind", training={"epochs": 5}) for _ in range(4)]
    ended = [service.finished(job) for job in jobs]
    model = ended[0]["links"]["model"]
    rows = [{"length": 5.1, "width": 3.4, "color": "red"}]
    service.client.post(f"{model}/predictions", json={"rows": rows}).raise_for_status()


def show_memory(pids: dict[str, int]) -> None:
    """Print the memory of each part, and of each process that it forked."""
    for name, pid in pids.items():
        for label, each in ((name, pid), *((f"{name}: child", child) for child in children(pid))):
            print(
                f"  {label:40}resident {_memory(each, 'Rss'):6.0f} MiB   proportional {_memory(each, 'Pss'):6.0f} MiB"
            )


def _memory(pid: int, kind: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")) * 1024 / MIB


def show_connections(sessions: Sessions, redis_url: str) -> None:
    """Print the connections to PostgreSQL by process, and those to Redis."""
    with snapshot(sessions) as tx:
        if tx.get_bind().dialect.name == "postgresql":
            for name, count in tx.execute(text(CONNECTIONS)):
                print(f"  PostgreSQL connections of {name or 'others'}: {count}")
    with Redis.from_url(redis_url) as redis:
        print(f"  Redis connections of all of them: {len(redis.client_list()) - 1}")


def show_disk(sessions: Sessions, like: Row, path: Path | None, jobs: int) -> None:
    """Print the disk that jobs like this one and their epochs take, with their indexes."""
    sizes = [_bytes(sessions, path)]
    for epochs in (0, EPOCHS):
        fill(sessions, like, list(many(jobs)), epochs)
        analyze(sessions)
        sizes.append(_bytes(sessions, path))
    each = (sizes[1] - sizes[0]) / jobs
    epoch = (sizes[2] - sizes[1] - each * jobs) / (jobs * EPOCHS)
    print(
        f"  disk per job without epochs: {each / 1024:.1f} KiB; per epoch without layer statistics: {epoch:.0f} bytes"
    )


def _bytes(sessions: Sessions, path: Path | None) -> int:
    with snapshot(sessions) as tx:
        if path is None:
            return int(tx.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        return int(tx.scalar(text("PRAGMA page_count"))) * int(tx.scalar(text("PRAGMA page_size")))


def run(database: str, jobs: int) -> None:
    """Start a service on a database and print all measurements."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = RedisServer(valkey_binary()).start()
        stack.callback(redis.destroy)
        path: Path | None = folder / "x.sqlite3"
        url = f"sqlite:///{path}"
        if database == "postgresql":
            postgres, path = PostgresServer().create(), None
            stack.callback(postgres.destroy)
            url = postgres.url()
        migrate(url)
        service = Processes(url, redis.url, folder)
        stack.callback(service.end)
        engine = open_database(url)
        stack.callback(engine.dispose)
        print(f"{database}:")
        pids, sessions = start(service), open_sessions(engine)
        like = template(service, sessions)
        use(service)
        show_memory(pids)
        show_connections(sessions, redis.url)
        show_disk(sessions, like, path, jobs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--jobs", type=int, default=2000, help="jobs that are inserted, twice")
    options = parser.parse_args(arguments)
    for database in options.database:
        run(database, options.jobs)


if __name__ == "__main__":
    main()
