"""Where queued jobs stand: how many wait, how many go before a given one, and when its turn may come."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapreplace
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from store.db.clock import now
from store.db.transaction import Tx
from store.ids import ProjectId
from store.jobs import durations, workers
from store.tables import IS_QUEUED, IS_RUNNING, Job, Project

LONG = 1_000  # queued jobs beyond which counting them for each who asks costs too much
LONG_SECONDS = 1.0  # for which such a count is good enough
LIVE_SECONDS = 30.0  # a worker that was seen within this counts
PRIORITIES = range(10)  # all there are, so that the index of the queue can be searched for a project

MAX_SIMULATED = 200  # jobs ahead; of those behind them only the sum counts

RUNNING_JOBS = select(
    Job.requested,
    Job.eta_seconds,
    Job.ran_seconds + (now() - Job.updated_at) / 1000.0,
    Job.spec[("training", "max_runtime_seconds")].as_float(),
).where(IS_RUNNING)

Depth = tuple[int, str, int, float | None]  # a priority, a project, its queued jobs, and what one of them may take
Run = tuple[int, float | None]  # jobs that go ahead, and the seconds that each may take
_long: WeakKeyDictionary[Engine | Connection, tuple[float, Sequence[Depth]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePosition:
    """The place of a queued job."""

    jobs_ahead: int
    starts_in_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSnapshot:
    """The queue as a project sees it."""

    own: Sequence[
        tuple[int, str, float | None]
    ]  # (minus the priority, id, expected seconds) of each of its queued jobs
    others: Sequence[tuple[int, int, float | None]]  # (priority, queued jobs, expected seconds) of each other project
    slots: int
    running: Sequence[float | None]  # seconds until each running job is done, where that is known
    mean_seconds: float | None  # what a job takes of which nothing else is known

    def place(self, job: Job) -> QueuePosition:
        """Where a queued job of the project stands."""
        ahead = self._ahead(job)
        jobs_ahead = sum(count for count, _ in ahead)
        return QueuePosition(jobs_ahead=jobs_ahead, starts_in_seconds=self._starts_in(jobs_ahead, ahead))

    def _ahead(self, job: Job) -> list[Run]:
        """As claims go if every project runs as many: another one's job before each of ours of the same priority."""
        own = bisect_left(self.own, (-job.priority, job.id))
        turns = own - bisect_left(self.own, (-job.priority, "")) + 1
        higher = [(queued, seconds) for priority, queued, seconds in self.others if priority > job.priority]
        same = [(min(queued, turns), seconds) for priority, queued, seconds in self.others if priority == job.priority]
        return [*higher, *((1, seconds) for _, _, seconds in self.own[:own]), *same]

    def _starts_in(self, jobs_ahead: int, ahead: Sequence[Run]) -> float | None:
        """At once on a free slot; else when one falls free after each job ahead took the first that did."""
        free = max(self.slots - len(self.running), 0)
        if jobs_ahead < free:
            return 0.0
        known = [seconds for seconds in self.running if seconds is not None]
        each = [(count, self.mean_seconds if seconds is None else seconds) for count, seconds in ahead]
        if not self.slots or len(known) < len(self.running) or any(seconds is None for _, seconds in each):
            return None
        falls_free = sorted([0.0] * free + known)[-self.slots :]  # sorted, and so a heap
        left, later = MAX_SIMULATED, 0.0
        for count, seconds in each:
            took = min(count, left)
            for _ in range(took):
                heapreplace(falls_free, falls_free[0] + (seconds or 0.0))
            left, later = left - took, later + (count - took) * (seconds or 0.0)
        return round(falls_free[0] + later / self.slots, 1)


def lock_queue(tx: Tx, project: ProjectId) -> None:
    """Have whoever queues a job of the project next wait for this transaction, so that what it counts stays true.

    SQLite has one writer at a time anyway.
    """
    tx.execute(select(Project.id).where(Project.id == project).with_for_update(key_share=True))


def line(tx: Tx, project: ProjectId) -> QueueSnapshot:
    """The queue at this moment."""
    own = select(Job.priority, Job.id, Job.expected_seconds).where(*_of(project))
    return QueueSnapshot(
        own=[(-at, job_id, seconds) for at, job_id, seconds in tx.execute(own.order_by(Job.priority.desc(), Job.id))],
        others=[(at, queued, seconds) for at, owner, queued, seconds in _depths(tx) if owner != project],
        slots=workers.slots(tx, LIVE_SECONDS),
        running=[_done_in(*row) for row in tx.execute(RUNNING_JOBS)],
        mean_seconds=durations.mean_seconds(durations.recent(tx)),
    )


def count_queued(tx: Tx, project: ProjectId | None = None, *, at_most: int) -> int:
    """How many jobs wait, of one project or of all, counted no further than `at_most`."""
    found = select(Job.id).where(*(_of(project) if project else (IS_QUEUED,))).limit(at_most)
    return tx.scalar(select(func.count()).select_from(found.subquery())) or 0


def _depths(tx: Tx) -> Sequence[Depth]:
    """How many jobs each project has queued at each priority; of a long queue, as it was at most a second ago."""
    engine = tx.get_bind()
    until, depths = _long.get(engine, (0.0, ()))
    if time.monotonic() < until:
        return depths
    counted = select(Job.priority, Job.project_id, func.count(), func.avg(Job.expected_seconds)).where(IS_QUEUED)
    rows = tx.execute(counted.group_by(Job.priority, Job.project_id))
    depths = [(priority, project, queued, seconds) for priority, project, queued, seconds in rows]
    if sum(depth[2] for depth in depths) > LONG:
        _long[engine] = time.monotonic() + LONG_SECONDS, depths
    return depths


def _done_in(requested: str | None, eta: float | None, ran: float, most: float | None) -> float | None:
    """The seconds until a running job is done, as it tells and no more than it may take; at once if that was asked."""
    if requested is not None:
        return 0.0
    if eta is None or most is None:
        return eta
    return min(eta, max(most - float(ran), 0.0))


def _of(project: ProjectId) -> tuple[ColumnElement[bool], ...]:
    return IS_QUEUED, Job.priority.in_(PRIORITIES), Job.project_id == project
