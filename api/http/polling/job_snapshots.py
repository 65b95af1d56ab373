"""The last answers about jobs, kept in memory: an unchanged job is polled without a query.

Every change of a job is published. The publish of a change drops the job's snapshot in each API process; a change made
through this process drops it before the change is answered. A publish can be lost, so a snapshot is used for at most
`ChangeFeed.check_seconds`, and for a second if the job is queued: its position depends on other jobs.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import to_thread

from messaging.change_feed import ChangeFeed, JobWatch
from store.ids import ProjectId
from store.jobs.states import TERMINAL

QUEUED_SECONDS = 1.0  # how long the position of a queued job is used
MAX_BYTES = 64 << 20  # of all answers; the oldest are dropped first


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSnapshot:
    """A job as it is sent. `version` is the part of the validator that changes only when the job has news."""

    project: ProjectId
    state: str
    last_event: int
    version: str
    etag: str
    headers: dict[str, str]
    body: bytes

    @property
    def has_ended(self) -> bool:
        """Return whether the job is in a final state."""
        return self.state in TERMINAL

    def has_changed_since(self, etags: Sequence[str]) -> bool:
        """Return whether there is news for a client that knows these validators; always true once the job has ended."""
        return self.has_ended or not any(etag.startswith(self.version) for etag in etags)

    @property
    def is_queued(self) -> bool:
        """Return whether the answer contains a queue position, which other jobs can change."""
        return self.state == "queued"


ReadJob = Callable[[ProjectId, str], JobSnapshot]
Reading = asyncio.Task[JobSnapshot]


class JobSnapshots:
    """Snapshots of the jobs that were read last. Requests that need the same job at once share one read."""

    def __init__(self, feed: ChangeFeed, read: ReadJob, clock: Callable[[], float] = time.monotonic) -> None:
        self._feed = feed
        self._read_job = read
        self._clock = clock
        self._kept: dict[str, tuple[float, JobSnapshot]] = {}  # the time of the read, and what was read
        self._readings: dict[tuple[str, ProjectId], Reading] = {}
        self._bytes = 0
        self._lock = threading.Lock()  # changes are announced by other threads
        feed.add_listener(self)

    async def get(self, project: ProjectId, job_id: str) -> JobSnapshot:
        """Return the project's job as it is now. Raises `NotFound`."""
        read_at, snapshot = self._kept.get(job_id, (0.0, None))
        if snapshot and snapshot.project == project and self._clock() - read_at < self.max_age(snapshot):
            return snapshot
        with self._lock:
            reading = self._readings.get((job_id, project))
            if reading is None:
                reading = asyncio.create_task(self._read(project, job_id))
                reading.add_done_callback(_retrieve_error)
                self._readings[job_id, project] = reading
        return await asyncio.shield(reading)

    def max_age(self, snapshot: JobSnapshot) -> float:
        """Return for how many seconds a snapshot may be used."""
        return min(self._feed.check_seconds, QUEUED_SECONDS) if snapshot.is_queued else self._feed.check_seconds

    @asynccontextmanager
    async def follow(self, project: ProjectId, job_id: str) -> AsyncIterator["FollowedJob"]:
        """Follow a job: read it now, and again after each change."""
        async with self._feed.watch(job_id) as watch:
            yield FollowedJob(self, project, job_id, watch)

    def seen(self, job_id: str, last_event: int) -> None:
        """Drop the snapshot if the client has just been sent a later event of the job from the database."""
        _, snapshot = self._kept.get(job_id, (0.0, None))
        if snapshot and snapshot.last_event < last_event:
            self.drop(job_id)

    def drop(self, job_id: str) -> None:
        """Read this job again when it is next requested."""
        with self._lock:
            self._forget(job_id)
            for key in [key for key in self._readings if key[0] == job_id]:
                del self._readings[key]  # may have read the job before it changed

    def job_changed(self, job_id: str, *, by_this_process: bool) -> None:
        """Drop the job, and if its change was made here all queued jobs, whose position it may move."""
        self.drop(job_id)
        if by_this_process:
            with self._lock:
                for each in [each for each, (_, snapshot) in self._kept.items() if snapshot.is_queued]:
                    self._forget(each)
                self._readings.clear()

    def changes_missed(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
            self._readings.clear()
            self._bytes = 0

    async def _read(self, project: ProjectId, job_id: str) -> JobSnapshot:
        began = self._clock()
        try:
            snapshot = await to_thread.run_sync(self._read_job, project, job_id)
        except BaseException:
            self._finish((job_id, project))
            raise
        with self._lock:
            if self._readings.get((job_id, project)) is asyncio.current_task():
                del self._readings[job_id, project]
                self._keep(job_id, began, snapshot)
        return snapshot

    def _finish(self, key: tuple[str, ProjectId]) -> None:
        with self._lock:
            if self._readings.get(key) is asyncio.current_task():
                del self._readings[key]

    def _keep(self, job_id: str, read_at: float, snapshot: JobSnapshot) -> None:
        self._forget(job_id)
        self._kept[job_id] = read_at, snapshot
        self._bytes += len(snapshot.body)
        while self._bytes > MAX_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, job_id: str) -> None:
        _, snapshot = self._kept.pop(job_id, (0.0, None))
        if snapshot:
            self._bytes -= len(snapshot.body)


class FollowedJob:
    """A job that one request follows."""

    def __init__(self, snapshots: JobSnapshots, project: ProjectId, job_id: str, watch: JobWatch) -> None:
        self._snapshots = snapshots
        self._project = project
        self._job_id = job_id
        self._watch = watch

    async def read(self) -> JobSnapshot:
        """Return the job as it is now. Raises `NotFound`."""
        return await self._snapshots.get(self._project, self._job_id)

    def seen(self, last_event: int) -> None:
        """Drop the snapshot if it is older than an event that the client was sent."""
        self._snapshots.seen(self._job_id, last_event)

    def max_age(self, snapshot: JobSnapshot) -> float:
        """Return after how many seconds the job must be read again."""
        return self._snapshots.max_age(snapshot)

    async def wait(self, seconds: float) -> None:
        """Return when the job has changed since the last call, and after `seconds` at the latest."""
        await self._watch.wait(seconds)


def _retrieve_error(reading: Reading) -> None:
    """Let asyncio not log the error of a read whose requests have all ended."""
    with contextlib.suppress(asyncio.CancelledError):
        reading.exception()
