"""A backup taken while jobs run has every job, model and byte, and a paused job resumes from it to the same bits."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Processes
from tests.support.project import ROOT
from tests.support.servers import PostgresServer
from tests.support.tables import flowers

LONG: dict[str, Any] = {
    "target": "kind",
    "model": {"layers": [{"type": "dense", "units": 32}, {"type": "dropout", "rate": 0.2}]},
    "training": {"epochs": 400, "batch_size": 16, "checkpoint_every_seconds": 0.2},
}
SHORT: dict[str, Any] = {"target": "kind", "training": {"epochs": 5}}


def back_up_sqlite(service: Processes, folder: Path) -> str:
    target = folder / "copy"
    command = [sys.executable, "-P", "-m", "launcher", "backup", str(target)]
    output = subprocess.run(
        command, env=service.environment, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert f"./dev serve --data {target}" in output
    assert {path.name: path.stat().st_mode & 0o777 for path in target.iterdir()} == {
        "backprop.sqlite3": 0o600,
        "secret.key": 0o600,
    }
    return f"sqlite:///{target / 'backprop.sqlite3'}"


def back_up_postgres(server: PostgresServer, service: Processes, folder: Path) -> str:
    """Follow the commands of docs/operations.md."""
    server.execute("CREATE DATABASE restored")
    dump, target = str(folder / "backprop.dump"), server.url("restored")
    server.run("pg_dump", "--format=custom", f"--file={dump}", service.environment["BACKPROP_DATABASE_URL"])
    server.run("pg_restore", "--no-owner", f"--dbname={target}", dump)
    return target


@pytest.fixture(params=["sqlite", "postgres"])
def back_up(request: pytest.FixtureRequest) -> Callable[[Processes, Path], str]:
    """Copies the database of a service, and returns the URL of the copy."""
    if request.param == "sqlite":
        return back_up_sqlite
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return lambda service, folder: back_up_postgres(server, service, folder)


@pytest.fixture
def database_url(back_up: Callable[[Processes, Path], str], request: pytest.FixtureRequest) -> str:
    """The URL of the database that is backed up."""
    url: str = request.getfixturevalue("sqlite_url" if back_up is back_up_sqlite else "postgres_url")
    return url


@pytest.fixture
def restored(valkey_url: str, tmp_path: Path) -> Iterator[Callable[[str], Processes]]:
    """Starts a second service on a database."""
    started = []

    def start(url: str) -> Processes:
        folder = tmp_path / "restored"
        folder.mkdir()
        started.append(Processes(url, valkey_url, folder))
        started[-1].start_all()
        return started[-1]

    yield start
    for service in started:
        service.end()


def content(service: Processes, paths: list[str]) -> dict[str, Any]:
    """Return what the service knows about ended jobs: their answers, metrics and weights."""
    jobs = {path: service.job(path) for path in paths}
    metrics = {path: service.client.get(f"{path}/metrics").json() for path in paths}
    return {path: (job, metrics[path], service.weights(job)) for path, job in jobs.items()}


def test_a_backup_under_load_is_complete_and_a_paused_job_resumes_there(
    service: Processes,
    back_up: Callable[[Processes, Path], str],
    restored: Callable[[str], Processes],
    tmp_path: Path,
) -> None:
    service.start_all()
    dataset_id = service.upload(flowers())
    ended = [service.submit(dataset_id, **SHORT) for _ in range(3)]
    paused = service.submit(dataset_id, **LONG)
    service.wait(lambda: service.job(paused)["progress"]["epoch"] > 30)
    service.client.post(f"{paused}/pause").raise_for_status()
    service.wait(lambda: service.job(paused)["state"] == "paused")
    running = service.submit(dataset_id, **LONG)
    queued = [service.submit(dataset_id, **SHORT) for _ in range(6)]
    service.wait(lambda: service.job(running)["state"] == "running")

    url = back_up(service, tmp_path)

    service.client.post(f"{paused}/resume").raise_for_status()
    everything = [*ended, *queued, running, paused]
    for path in everything:
        service.finished(path)
    expected = content(service, everything)
    dataset = service.client.get(f"/v1/datasets/{dataset_id}").json()
    service.end()
    copy = restored(url)
    assert copy.client.get(f"/v1/datasets/{dataset_id}").json() == dataset
    assert content(copy, ended) == {path: expected[path] for path in ended}
    copy.client.post(f"{paused}/resume").raise_for_status()
    for path in (paused, running, *queued):
        assert copy.weights(copy.finished(path)) == expected[path][2], path
