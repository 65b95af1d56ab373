"""A service that tests break: every part can be killed, stopped, paused or lied to, and started again."""

import contextlib
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from store.ids import new_id
from tests.support.processes import START_SECONDS, Processes, children, kill
from tests.support.servers import RedisServer
from tests.support.tables import flowers

LEASE_SECONDS = 2.0
SETTINGS = {
    "BACKPROP_LEASE_SECONDS": str(LEASE_SECONDS),
    "BACKPROP_HEARTBEAT_SECONDS": "0.2",
    "BACKPROP_RECONCILE_SECONDS": "0.2",
    "BACKPROP_RECORD_SECONDS": "0.05",
    "BACKPROP_MAX_ATTEMPTS": "1000",  # how often tests may kill a job's worker
    "BACKPROP_MAX_PROJECT_QUEUED": "1000",
}
LAYERS = [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.2}]
ROLES = {
    "api": ("api",),
    "scheduler": ("worker.maintenance.scheduler",),
    "worker": ("worker", "--concurrency", "2"),
    "second worker": ("worker", "--concurrency", "2"),
}


class ServiceUnderTest(Processes):
    """API, scheduler and a worker for two jobs at a time, each named by its role."""

    def __init__(self, database_url: str, broker: RedisServer, folder: Path, **environment: str) -> None:
        super().__init__(database_url, broker.url, folder)
        self.broker = broker
        self.database_url = database_url
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self._folder = folder
        self._own = {**SETTINGS, **environment}
        self._hashes: dict[int, str] = {}
        self.dataset_id = ""

    def open(self) -> None:
        """Start all parts and upload a table."""
        for role in ("api", "scheduler", "worker"):
            self.begin(role)
        self.wait(self.is_ready, START_SECONDS)
        self.dataset_id = self.upload(flowers())

    def begin(self, role: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a part."""
        self.failpoints(role).mkdir(exist_ok=True)
        port = ("--port", str(self.port)) if role == "api" else ()
        named = {"BACKPROP_FAILPOINTS": str(self.failpoints(role))}
        self.parts[role] = self.start(*ROLES[role], *port, **{**self._own, **named, **environment})
        return self.parts[role]

    def revive(self, *, within_test: bool = False) -> None:
        """Start what is dead; after a test also take back what it asked for."""
        if not within_test:
            for role in self.parts:
                for file in self.failpoints(role).iterdir():
                    file.unlink()
        self.wait(self._stands, START_SECONDS)

    def _stands(self) -> bool:
        """Whether all is ready; a part that has died by now is started, also one that was still dying a moment ago."""
        for role, part in list(self.parts.items()):
            if part.poll() is not None:
                self.begin(role)
        return self.is_ready()

    def stop(self, role: str) -> float:
        """Stop a part with SIGTERM; how long that took."""
        began = time.monotonic()
        self.parts[role].send_signal(signal.SIGTERM)
        self.parts.pop(role).wait(timeout=20)
        return time.monotonic() - began

    def kill(self, role: str) -> None:
        """Kill a part with the processes it started."""
        part = self.parts.pop(role)
        for victim in (*children(part.pid), part.pid):
            kill(victim)
        part.wait()

    def trainers(self, role: str = "worker") -> list[int]:
        """The processes of a worker that train."""
        return children(self.parts[role].pid)

    def signal_trainers(self, which: signal.Signals, role: str = "worker") -> None:
        """Send a signal to all of them."""
        for pid in self.trainers(role):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, which)

    # --- failpoints

    def failpoints(self, role: str) -> Path:
        """Where a part looks for what is to happen to it."""
        return self._folder / f"failpoints of {role}"

    def arm(self, role: str, place: str, action: str) -> None:
        """Have `action` happen once, when any process of the part next comes by `place`."""
        draft = self.failpoints(role) / f"draft of {place}"
        draft.write_text(action)
        draft.rename(self.failpoints(role) / place)

    def happened(self, role: str, places: Iterable[str]) -> bool:
        """Whether all that was asked for at these places has happened."""
        files = [file.name for file in self.failpoints(role).iterdir()]
        return all(any(name.startswith(f"{place}=") for name in files) for place in places)

    def release(self, role: str, place: str) -> None:
        """Let whoever is paused at `place` go on."""
        for file in self.failpoints(role).glob(f"{place}=*"):
            file.unlink()

    # --- jobs

    def queue(self, epochs: int = 300, **body: Any) -> str:
        """Queue a job, again and again under one key until the API answers; its address."""
        return self.post_job(epochs, **body)[0]

    def post_job(self, epochs: int = 300, **body: Any) -> tuple[str, float]:
        """The same, and the seconds that the answer took."""
        training = {"epochs": epochs, "batch_size": 16, "checkpoint_every_seconds": 0.1, **body.pop("training", {})}
        asked = {"dataset_id": self.dataset_id, "target": "kind", "model": {"layers": LAYERS}, "training": training}
        end, key = time.monotonic() + 30, new_id("key")
        while True:
            began = time.monotonic()
            try:
                answer = self.client.post("/v1/jobs", json={**asked, **body}, headers={"Idempotency-Key": key})
                if answer.status_code < 500:
                    return str(answer.raise_for_status().json()["links"]["self"]), time.monotonic() - began
            except httpx.TransportError:
                self.revive(within_test=True)
            assert time.monotonic() < end, "no job could be queued"
            time.sleep(0.05)

    def is_running(self, url: str) -> bool:
        """Whether a job trains, past its first epochs."""
        job = self.job(url)
        return job["state"] == "running" and job["progress"]["epoch"] > 3

    def all_end(self, urls: Iterable[str], seconds: float = 60) -> list[dict[str, Any]]:
        """The jobs, once all have ended; parts that die meanwhile are started again."""
        waiting, ended, limit, job = list(urls), [], time.monotonic() + seconds, None
        while waiting:
            assert time.monotonic() < limit, f"{job}\n{self.told()}"
            try:
                job = self.job(waiting[0])
            except (httpx.TransportError, httpx.HTTPStatusError):
                self.revive(within_test=True)
                continue
            if job["finished_at"] is None:
                self.restart_dead()
                time.sleep(0.02)
            else:
                ended.append(job)
                waiting.pop(0)
        return ended

    def expect_undisturbed(self, jobs: Iterable[dict[str, Any]], epochs: int = 300) -> None:
        """Each succeeded once, with one model, and with the bits of a run that nothing disturbed."""
        for job in jobs:
            assert (job["state"], job["error"]) == ("succeeded", None)
            states = [entry["state"] for entry in job["transitions"]]
            assert states.count("succeeded") == 1, states
            assert states[-1] == "succeeded"
            assert self.hash_of(job) == self.undisturbed(epochs)

    def undisturbed(self, epochs: int = 300) -> str:
        """The hash of the weights of a job that nothing disturbed."""
        if epochs not in self._hashes:
            (job,) = self.all_end([self.queue(epochs)])
            self._hashes[epochs] = self.hash_of(job)
        return self._hashes[epochs]

    def hash_of(self, job: dict[str, Any]) -> str:
        """The hash of the weights of a job's model."""
        return hashlib.sha256(self.weights(job)).hexdigest()

    def told(self) -> str:
        """What the parts have written."""
        return self._log.read_text(errors="replace")

    def restart_dead(self) -> None:
        """Start the parts that died."""
        for role, part in list(self.parts.items()):
            if part.poll() is not None:
                self.begin(role)
