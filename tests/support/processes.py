"""Run API, worker and scheduler as processes on given servers, as operators do, with short leases."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.support.process_starter import StartedPart, start_part

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0  # for a busy machine; an idle one takes two seconds
SHORT = {
    "BACKPROP_LEASE_SECONDS": "3",
    "BACKPROP_HEARTBEAT_SECONDS": "0.3",
    "BACKPROP_RECONCILE_SECONDS": "0.3",
    "BACKPROP_RECORD_SECONDS": "0.1",
}

Part = StartedPart | subprocess.Popen[bytes]


class Processes:
    """The processes of one service. `end` kills all of them."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        own = {"BACKPROP_DATABASE_URL": database_url, "BACKPROP_REDIS_URL": redis_url, "BACKPROP_DATA": str(folder)}
        outer = {name: value for name, value in os.environ.items() if not name.startswith("BACKPROP_")}
        self.environment = {**outer, **SHORT, **own, "PYTHONPATH": str(ROOT)}
        self._log = folder / "log"
        self._started: list[Part] = []
        self.port = free_port()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    def start(self, module: str, *arguments: str, **environment: str) -> Part:
        """Start a module of the service; with variables that libraries read, as a new process that nothing prepared."""
        everything = {**self.environment, **environment}
        if sys.platform == "linux" and all(name.startswith("BACKPROP_") for name in environment):
            process: Part = start_part(module, arguments, everything, self._log)
        else:
            with self._log.open("ab") as log:
                command = [sys.executable, "-P", "-m", module, *arguments]
                process = subprocess.Popen(command, env=everything, stdout=log, stderr=log, start_new_session=True)
        self._started.append(process)
        return process

    def start_all(self) -> Part:
        """Start API, scheduler and a worker with one slot; return the worker when all are ready."""
        self.start("api", "--port", str(self.port))
        self.start("worker.maintenance.scheduler")
        worker = self.start_worker()
        self.wait(self.is_ready, START_SECONDS)
        return worker

    def start_worker(self) -> Part:
        """Start a worker with one slot."""
        return self.start("worker", "--concurrency", "1")

    def wait(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until `condition` is true; fail with the processes' output after `seconds`."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self._log.read_text(errors="replace")
            time.sleep(0.02)

    def upload(self, csv: str) -> str:
        """Upload a table and return its id."""
        answer = self.client.post("/v1/datasets", content=csv, headers={"Content-Type": "text/csv"})
        return str(answer.raise_for_status().json()["id"])

    def submit(self, dataset_id: str, **body: Any) -> str:
        """Submit a job and return its path. It has one network unless the body names a preset or ensemble."""
        one = {} if {"preset", "init_from"} & body.keys() else {"ensemble": None}
        answer = self.client.post("/v1/jobs", json={"dataset_id": dataset_id, **one, **body})
        return str(answer.raise_for_status().json()["links"]["self"])

    def job(self, url: str) -> dict[str, Any]:
        """Return the job as the API shows it."""
        shown: dict[str, Any] = self.client.get(url).raise_for_status().json()
        return shown

    def finished(self, url: str, seconds: float = 40) -> dict[str, Any]:
        """Wait for the job to end and return it."""
        end = time.monotonic() + seconds
        while True:
            answer = self.client.get(url, params={"until": "ended"}, headers={"Prefer": "wait=5"})
            job: dict[str, Any] = answer.raise_for_status().json()
            if job["finished_at"] is not None:
                return job
            assert time.monotonic() < end, self._log.read_text(errors="replace")

    def weights(self, job: dict[str, Any]) -> bytes:
        """Download the weights of a job's model."""
        return self.client.get(f"{job['links']['model']}/weights").raise_for_status().content

    def end(self) -> None:
        """Kill every process that was started."""
        self.client.close()
        for process in self._started:
            for victim in (*children(process.pid), process.pid):
                kill(victim)
            process.wait()

    def responds(self) -> bool:
        """Whether an API process responds."""
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def is_ready(self) -> bool:
        """Whether API, database, broker and a worker are available."""
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False


def children(process: int) -> list[int]:
    """Return the ids of the child processes of `process`."""
    try:
        return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def kill(process: int) -> None:
    """Send SIGKILL, unless the process has already ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def free_port() -> int:
    """Return a port that is not in use."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
