"""The last answers about jobs, kept in memory: an unchanged job is polled without a query.

Every change of a job is published. The publish of a change outdates the job's snapshot in each API process; a change
made through this process outdates it before the change is answered. A publish can be lost, so a snapshot is used for at
most `ChangeFeed.check_seconds`, and for a second if the job is queued: its position depends on other jobs.

While the database cannot be reached, the last answer about a job is sent again, marked as stale.
"""

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread

from api.http.polling.followed_job import FollowedJob
from api.http.polling.job_snapshot import JobSnapshot
from api.http.polling.kept_snapshots import KeptSnapshot, KeptSnapshots
from messaging.change_feed import ChangeFeed
from store.db.database import is_transient
from store.errors import NotFound
from store.ids import ProjectId

QUEUED_SECONDS = 1.0  # how long the position of a queued job is used
PATIENCE_SECONDS = 2.0  # how long a read may take while there is an older answer to send instead
RETRY_SECONDS = 1.0  # between two attempts while the database cannot be reached
READERS = 8  # threads, which requests that wait for the database do not take away

ReadJob = Callable[[ProjectId, str], JobSnapshot]
Reading = asyncio.Task[JobSnapshot]
Key = tuple[str, ProjectId]  # the id of a job and its project


class JobSnapshots:
    """Snapshots of the jobs that were read last. Requests that need the same job at once share one read."""

    def __init__(self, feed: ChangeFeed, read: ReadJob, clock: Callable[[], float] = time.monotonic) -> None:
        self._feed = feed
        self._read_job = read
        self._clock = clock
        self._kept = KeptSnapshots()
        self._readings: dict[Key, Reading] = {}
        self._followers = Counter[Key]()
        self._checks: dict[Key, asyncio.Task[None]] = {}
        self._readers: CapacityLimiter | None = None
        self._retry_at: float | None = None  # None: the last read succeeded
        self._lock = threading.Lock()  # changes are announced by other threads
        feed.add_listener(self)

    def current(self, project: ProjectId, job_id: str) -> JobSnapshot | None:
        """Return the project's job if it is in memory as it is now."""
        kept = self._kept.find(project, job_id)
        if kept is None or not self._kept.is_current(kept):
            return None
        return kept.snapshot if self._clock() - kept.read_at < self.max_age(kept.snapshot) else None

    async def get(self, project: ProjectId, job_id: str) -> JobSnapshot:
        """Return the project's job as it is now, or a stale answer if the database cannot be reached.

        Raises:
            NotFound: the project has no such job.
            DBAPIError: the database cannot be reached, and this process does not know the job.
        """
        if snapshot := self.current(project, job_id):
            return snapshot
        kept = self._kept.find(project, job_id)
        if kept and self._retry_at is not None:
            if self._clock() < self._retry_at:
                return self._stale(kept)
            self._retry_at = self._clock() + RETRY_SECONDS  # only this request tries again
        try:
            async with asyncio.timeout(PATIENCE_SECONDS if kept else None):
                return await asyncio.shield(self._reading(project, job_id))
        except Exception as error:
            if not (isinstance(error, TimeoutError) or is_transient(error)):
                raise
            self._retry_at = self._clock() + RETRY_SECONDS
            if kept is None:
                raise
            return self._stale(kept)

    def max_age(self, snapshot: JobSnapshot) -> float:
        """Return for how many seconds a snapshot may be used."""
        seconds = self._feed.check_seconds
        return min(seconds, QUEUED_SECONDS) if snapshot.is_queued else seconds

    @asynccontextmanager
    async def follow(self, project: ProjectId, job_id: str) -> AsyncIterator[FollowedJob]:
        """Follow a job: read it now, and again after each change.

        However many requests follow a job, one task looks for changes whose message was lost.
        """
        key = (job_id, project)
        self._followers[key] += 1
        if key not in self._checks:
            self._checks[key] = asyncio.create_task(self._check(project, job_id))
        try:
            async with self._feed.watch(job_id) as watch:
                yield FollowedJob(self, project, job_id, watch)
        finally:
            self._followers[key] -= 1
            if not self._followers[key]:
                del self._followers[key]
                self._checks.pop(key).cancel()

    def seen(self, job_id: str, last_event: int) -> None:
        """Drop the snapshot if the client has just been sent a later event of the job from the database."""
        known = self._kept.last_event(job_id)
        if known is not None and known < last_event:
            self.drop(job_id)

    def drop(self, job_id: str) -> None:
        """Read this job again when it is next requested."""
        with self._lock:
            self._kept.outdate(job_id)
            for key in [key for key in self._readings if key[0] == job_id]:
                del self._readings[key]  # may have read the job before it changed

    def job_changed(self, job_id: str, *, by_this_process: bool) -> None:
        """Drop the job, and if its change was made here all queued jobs, whose position it may move."""
        self.drop(job_id)
        if by_this_process:
            with self._lock:
                self._kept.outdate_queue(self._clock())
                self._readings.clear()

    def changes_missed(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.outdate_all()
            self._readings.clear()

    async def _check(self, project: ProjectId, job_id: str) -> None:
        """Read a followed job as often as its answers expire, and wake its followers if it has changed or is gone."""
        last, seconds = None, 0.0
        while True:
            await asyncio.sleep(seconds)
            try:
                snapshot = await self.get(project, job_id)
            except Exception:  # noqa: BLE001 - each follower reports it
                self._feed.wake(job_id)
                seconds = RETRY_SECONDS
                continue
            if last is not None and (snapshot.version, snapshot.last_event) != (last.version, last.last_event):
                self._feed.wake(job_id)
            last, seconds = snapshot, self.max_age(snapshot)

    def _stale(self, kept: KeptSnapshot) -> JobSnapshot:
        return kept.snapshot.stale(self._clock() - kept.read_at)

    def _reading(self, project: ProjectId, job_id: str) -> Reading:
        with self._lock:
            reading = self._readings.get((job_id, project))
            if reading is None:
                reading = asyncio.create_task(self._read(project, job_id))
                reading.add_done_callback(_retrieve_error)
                self._readings[job_id, project] = reading
        return reading

    async def _read(self, project: ProjectId, job_id: str) -> JobSnapshot:
        began = self._clock()
        self._readers = self._readers or CapacityLimiter(READERS)
        try:
            snapshot = await to_thread.run_sync(self._read_job, project, job_id, limiter=self._readers)
        except BaseException as error:
            self._finish((job_id, project), is_gone=isinstance(error, NotFound))
            raise
        self._retry_at = None
        with self._lock:
            self._keep((job_id, project), began, snapshot)
        return snapshot

    def _keep(self, key: Key, began: float, snapshot: JobSnapshot) -> None:
        """Keep what was read; as an answer for times without a database only, if the job has changed meanwhile."""
        job_id, project = key
        if self._readings.get(key) is asyncio.current_task():
            del self._readings[key]
            self._kept.keep(job_id, began, snapshot)
        elif self._kept.find(project, job_id) is None:
            self._kept.keep(job_id, began, snapshot)
            self._kept.outdate(job_id)

    def _finish(self, key: Key, *, is_gone: bool) -> None:
        job_id, project = key
        with self._lock:
            if self._readings.get(key) is asyncio.current_task():
                del self._readings[key]
            if is_gone and self._kept.find(project, job_id):
                self._kept.forget(job_id)


def _retrieve_error(reading: Reading) -> None:
    """Let asyncio not log the error of a read whose requests have all ended."""
    with contextlib.suppress(asyncio.CancelledError):
        reading.exception()
