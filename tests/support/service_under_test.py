"""A service that tests break: each part can be killed, stopped or paused, can see errors, and is started again."""

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from store.ids import new_id
from tests.support.processes import START_SECONDS, Part, Processes, children, kill
from tests.support.servers import RedisServer
from tests.support.tables import flowers

LEASE_SECONDS = 2.0
SETTINGS = {
    "BACKPROP_LEASE_SECONDS": str(LEASE_SECONDS),
    "BACKPROP_HEARTBEAT_SECONDS": "0.1",
    "BACKPROP_RECONCILE_SECONDS": "0.2",
    "BACKPROP_RECORD_SECONDS": "0.05",
    "BACKPROP_MAX_ATTEMPTS": "1000",  # tests kill the workers of a job many times
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
    """API, scheduler and a worker with two slots, each named by its role."""

    def __init__(self, database_url: str, broker: RedisServer, folder: Path, **environment: str) -> None:
        super().__init__(database_url, broker.url, folder)
        self.broker = broker
        self.database_url = database_url
        self.parts: dict[str, Part] = {}
        self._folder = folder
        self._own = {**SETTINGS, **environment}
        self._hashes: dict[int, str] = {}
        self.dataset_id = ""

    def open(self) -> None:
        """Start all parts and upload a table."""
        for role in ("api", "scheduler", "worker"):
            self.start_part(role)
        self.wait(self.is_ready, START_SECONDS)
        self.dataset_id = self.upload(flowers())

    def start_part(self, role: str, **environment: str) -> Part:
        """Start the part with this role."""
        self.failpoints(role).mkdir(exist_ok=True)
        port = ("--port", str(self.port)) if role == "api" else ()
        named = {"BACKPROP_FAILPOINTS": str(self.failpoints(role))}
        self.parts[role] = self.start(*ROLES[role], *port, **{**self._own, **named, **environment})
        return self.parts[role]

    def revive(self, *, within_test: bool = False) -> None:
        """Start the parts that ended. Between tests also remove the failpoints that were not reached."""
        if not within_test:
            for role in self.parts:
                for file in self.failpoints(role).iterdir():
                    file.unlink()
        self.wait(self._is_complete, START_SECONDS)

    def _is_complete(self) -> bool:
        """Whether the service is ready. Starts parts that have ended, even since the last call."""
        for role, part in list(self.parts.items()):
            if part.poll() is not None:
                self.start_part(role)
        return self.is_ready()

    def stop_part(self, role: str) -> float:
        """Stop a part with SIGTERM; return how many seconds that took."""
        began = time.monotonic()
        self.parts[role].send_signal(signal.SIGTERM)
        self.parts.pop(role).wait(timeout=20)
        return time.monotonic() - began

    def kill_part(self, role: str) -> None:
        """Kill a part and its child processes."""
        part = self.parts.pop(role)
        for victim in (*children(part.pid), part.pid):
            kill(victim)
        part.wait()

    def training_processes(self, role: str = "worker") -> list[int]:
        """Return the training processes of a worker."""
        return children(self.parts[role].pid)

    def signal_training_processes(self, which: signal.Signals, role: str = "worker") -> None:
        """Send a signal to the training processes of a worker."""
        for pid in self.training_processes(role):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, which)

    # --- failpoints

    def failpoints(self, role: str) -> Path:
        """Return the folder of a part's failpoints."""
        return self._folder / f"failpoints of {role}"

    def arm(self, role: str, place: str, action: str) -> None:
        """Make `action` happen once, when a process of the part next reaches `place`."""
        draft = self.failpoints(role) / f"draft of {place}"
        draft.write_text(action)
        draft.rename(self.failpoints(role) / place)

    def has_fired(self, role: str, places: Iterable[str]) -> bool:
        """Whether the actions at all these places have happened."""
        files = [file.name for file in self.failpoints(role).iterdir()]
        return all(any(name.startswith(f"{place}=") for name in files) for place in places)

    def release(self, role: str, place: str) -> None:
        """Let the process that is paused at `place` continue."""
        for file in self.failpoints(role).glob(f"{place}=*"):
            file.unlink()

    # --- jobs

    def submit_job(self, epochs: int = 300, **body: Any) -> str:
        """Submit a job, repeatedly with one idempotency key until the API answers; return its path."""
        return self.submit_timed(epochs, **body)[0]

    def submit_timed(self, epochs: int = 300, **body: Any) -> tuple[str, float]:
        """Submit a job; return its path and the seconds that the answer took."""
        training = {"epochs": epochs, "batch_size": 16, "checkpoint_every_seconds": 0.1, **body.pop("training", {})}
        model = {"layers": LAYERS}
        body = {"dataset_id": self.dataset_id, "target": "kind", "model": model, "training": training, **body}
        end, key = time.monotonic() + 30, new_id("key")
        while True:
            began = time.monotonic()
            try:
                answer = self.client.post("/v1/jobs", json=body, headers={"Idempotency-Key": key})
                if answer.status_code < 500:
                    return str(answer.raise_for_status().json()["links"]["self"]), time.monotonic() - began
            except httpx.TransportError:
                self.revive(within_test=True)
            assert time.monotonic() < end, "the API accepted no job"
            time.sleep(0.05)

    def is_training(self, url: str) -> bool:
        """Whether a job has trained its first epochs."""
        job = self.job(url)
        return job["state"] == "running" and job["progress"]["epoch"] > 3

    def wait_for_all(self, urls: Iterable[str], seconds: float = 60) -> list[dict[str, Any]]:
        """Wait until all jobs have ended and return them. Parts that end meanwhile are started again."""
        waiting, ended, limit, job = list(urls), [], time.monotonic() + seconds, None
        while waiting:
            assert time.monotonic() < limit, f"{job}\n{self.log()}"
            try:
                job = self.job(waiting[0])
            except (httpx.TransportError, httpx.HTTPStatusError):
                self.revive(within_test=True)
                continue
            if job["finished_at"] is None:
                self.restart_dead()
                time.sleep(0.04)
            else:
                ended.append(job)
                waiting.pop(0)
        return ended

    def assert_same_as_reference(self, jobs: Iterable[dict[str, Any]], epochs: int = 300) -> None:
        """Each job succeeded once, and its weights are those of a run without faults."""
        for job in jobs:
            assert (job["state"], job["error"]) == ("succeeded", None)
            states = [entry["state"] for entry in job["transitions"]]
            assert states.count("succeeded") == 1, states
            assert states[-1] == "succeeded"
            assert self.hash_of(job) == self.reference_hash(epochs)

    def reference_hash(self, epochs: int = 300) -> str:
        """Return the hash of the weights of a job that ran without faults."""
        if epochs not in self._hashes:
            (job,) = self.wait_for_all([self.submit_job(epochs)])
            self._hashes[epochs] = self.hash_of(job)
        return self._hashes[epochs]

    def hash_of(self, job: dict[str, Any]) -> str:
        """Return the hash of the weights of a job's model."""
        return hashlib.sha256(self.weights(job)).hexdigest()

    def log(self) -> str:
        """Return what the parts have logged."""
        return self._log.read_text(errors="replace")

    def restart_dead(self) -> None:
        """Start the parts that have ended."""
        for role, part in list(self.parts.items()):
            if part.poll() is not None:
                self.start_part(role)
