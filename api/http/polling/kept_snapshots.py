"""A bounded store of the last answers about jobs, each with the time at which it was read."""

import math
from dataclasses import dataclass

from api.http.polling.job_snapshot import JobSnapshot
from store.ids import ProjectId

MAX_BYTES = 64 << 20  # of all answers; the oldest are forgotten first


@dataclass(slots=True, kw_only=True)
class KeptSnapshot:
    """An answer, when it was read, and whether the job has not changed since then, as far as this process knows."""

    snapshot: JobSnapshot
    read_at: float
    is_current: bool = True


class KeptSnapshots:
    """Answers by job. Outdated ones stay: they may be sent, marked as stale, while there is nothing better."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptSnapshot] = {}
        self._bytes = 0
        self._queue_changed_at = -math.inf

    def find(self, project: ProjectId, job_id: str) -> KeptSnapshot | None:
        """Return the last answer about a job of this project."""
        kept = self._kept.get(job_id)
        return kept if kept and kept.snapshot.project == project else None

    def is_current(self, kept: KeptSnapshot) -> bool:
        """Return whether no change of the job is known. Any change of the queue may move a queued job."""
        return kept.is_current and not (kept.snapshot.is_queued and kept.read_at <= self._queue_changed_at)

    def last_event(self, job_id: str) -> int | None:
        """Return the number of the last event that the answer about a job knows; None without an answer."""
        kept = self._kept.get(job_id)
        return kept.snapshot.last_event if kept else None

    def keep(self, job_id: str, read_at: float, snapshot: JobSnapshot) -> None:
        """Keep an answer instead of the one before it."""
        self.forget(job_id)
        self._kept[job_id] = KeptSnapshot(snapshot=snapshot, read_at=read_at)
        self._bytes += len(snapshot.body)
        while self._bytes > MAX_BYTES:
            self.forget(next(iter(self._kept)))

    def outdate(self, job_id: str) -> None:
        """Note that a job has changed."""
        if kept := self._kept.get(job_id):
            kept.is_current = False

    def outdate_queue(self, now: float) -> None:
        """Note that the positions of all queued jobs may have changed."""
        self._queue_changed_at = now

    def outdate_all(self) -> None:
        """Note that any job may have changed."""
        for kept in self._kept.values():
            kept.is_current = False

    def forget(self, job_id: str) -> None:
        """Forget a job, which may have been deleted."""
        if kept := self._kept.pop(job_id, None):
            self._bytes -= len(kept.snapshot.body)
