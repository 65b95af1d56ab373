"""The queue: how many jobs are waiting, how many are ahead of a given one, and when it is expected to start."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapreplace
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, ScalarSelect, and_, bindparam, func, select

from store.clock import now
from store.db.transaction import Tx
from store.ids import ProjectId
from store.jobs import durations, workers
from store.tables import IS_QUEUED, IS_RUNNING, Job, Project

LONG_QUEUE = 1_000  # queued jobs; beyond this, counting them for every request costs too much
CACHE_SECONDS = 1.0  # how long the counts of a long queue are reused
NEW_JOBS_SECONDS = 0.05  # how long the queue that a new job joined is reused for the new jobs after it
LIVE_SECONDS = 30.0  # the slots of a worker count if it sent a heartbeat within this time
PRIORITIES = range(10)  # all that exist, so that the index of the queue can be searched for one project
MAX_SIMULATED = 200  # jobs ahead that are simulated one by one; of all others only the sum of durations counts


def _count(at_most: Any, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    queued = select(Job.id).where(*where).limit(at_most)
    return select(func.count()).select_from(queued.subquery()).scalar_subquery()


IN_QUEUE_OF_PROJECT = and_(IS_QUEUED, Job.priority.in_(PRIORITIES))  # with the condition on the project, by its index
OF_PROJECT = Job.project_id == bindparam("project")
OWN_JOBS = (
    select(Job.priority, Job.created_at, Job.id, Job.expected_seconds)
    .where(IN_QUEUE_OF_PROJECT, OF_PROJECT)
    .order_by(Job.priority.desc(), Job.created_at, Job.id)
)
DEPTHS = (
    select(Job.priority, Job.project_id, func.count(), func.avg(Job.expected_seconds))
    .where(IS_QUEUED)
    .group_by(Job.priority, Job.project_id)
)
LENGTHS = select(
    _count(bindparam("at_most"), IN_QUEUE_OF_PROJECT, OF_PROJECT), _count(bindparam("all_at_most"), IS_QUEUED)
)
CAPACITY = select(workers.SLOTS.scalar_subquery(), durations.MEAN_SECONDS.scalar_subquery())
RUNNING_JOBS = select(
    Job.requested,
    Job.eta_seconds,
    Job.ran_seconds + (now() - Job.updated_at) / 1000.0,
    Job.spec[("training", "max_runtime_seconds")].as_float(),
).where(IS_RUNNING)

Depth = tuple[int, str, int, float | None]  # priority, project, number of queued jobs, their mean expected seconds
OwnJob = tuple[int, int, str, float | None]  # minus the priority, creation, id, expected seconds: the order of claims
OthersJobs = tuple[int, int, float | None]  # priority, number of queued jobs, expected seconds of each
JobsAhead = tuple[int, float | None]  # number of jobs, expected seconds of each
_cached_snapshots: WeakKeyDictionary[Engine | Connection, dict[ProjectId, tuple[float, "QueueSnapshot"]]] = (
    WeakKeyDictionary()
)
_queues_of_new_jobs: WeakKeyDictionary[Engine | Connection, dict[ProjectId, tuple[float, "QueueSnapshot"]]] = (
    WeakKeyDictionary()
)
_cached_depths: WeakKeyDictionary[Engine | Connection, tuple[float, Sequence[Depth]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePosition:
    """How many jobs are ahead of a queued job, and in how many seconds it is expected to start (None: unknown)."""

    jobs_ahead: int
    starts_in_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSnapshot:
    """The queue as one project sees it.

    `own` are the project's queued jobs in the order of claims, `others` the queued jobs of each other project. `slots`
    is the number of jobs that the live workers run at once, `running` the seconds until each running job ends (None:
    unknown), `mean_seconds` the duration assumed for jobs without an estimate.
    """

    own: list[OwnJob]
    others: Sequence[OthersJobs]
    slots: int
    running: Sequence[float | None]
    mean_seconds: float | None

    def position_of(self, job: Job) -> QueuePosition:
        """The position of a queued job of this project."""
        ahead = self._ahead(job)
        jobs_ahead = sum(count for count, _ in ahead)
        return QueuePosition(jobs_ahead=jobs_ahead, starts_in_seconds=self._starts_in(jobs_ahead, ahead))

    def _ahead(self, job: Job) -> list[JobsAhead]:
        """The jobs ahead if all projects run equally many.

        Then each other project gets one job of the same priority before each of ours.
        """
        own = bisect_left(self.own, (-job.priority, job.created_at, job.id))
        rounds = own - bisect_left(self.own, (-job.priority, 0, "")) + 1
        higher = [(queued, seconds) for priority, queued, seconds in self.others if priority > job.priority]
        same = [(min(queued, rounds), seconds) for priority, queued, seconds in self.others if priority == job.priority]
        return [*higher, *((1, seconds) for *_, seconds in self.own[:own]), *same]

    def _starts_in(self, jobs_ahead: int, ahead: Sequence[JobsAhead]) -> float | None:
        """Simulate the slots: each job ahead takes the slot that becomes free first, then this one does."""
        free = max(self.slots - len(self.running), 0)
        if jobs_ahead < free:
            return 0.0
        known = [seconds for seconds in self.running if seconds is not None]
        each = [(count, self.mean_seconds if seconds is None else seconds) for count, seconds in ahead]
        if not self.slots or len(known) < len(self.running) or any(seconds is None for _, seconds in each):
            return None
        free_in = sorted([0.0] * free + known)[-self.slots :]  # sorted, and therefore a heap
        left, not_simulated = MAX_SIMULATED, 0.0
        for count, seconds in each:
            simulated = min(count, left)
            for _ in range(simulated):
                heapreplace(free_in, free_in[0] + (seconds or 0.0))
            left, not_simulated = left - simulated, not_simulated + (count - simulated) * (seconds or 0.0)
        return round(free_in[0] + not_simulated / self.slots, 1)


def lock_queue(tx: Tx, project: ProjectId) -> None:
    """Make other transactions that queue jobs of the project wait for this one, so that its counts stay true.

    SQLite has one writer at a time anyway.
    """
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(Project.id).where(Project.id == project).with_for_update(key_share=True))


def queue_snapshot(tx: Tx, project: ProjectId) -> QueueSnapshot:
    """The current queue, as the project sees it. If the project has a long queue, it can be a second old."""
    snapshots = _cached_snapshots.setdefault(tx.get_bind(), {})
    until, cached = snapshots.get(project, (0.0, None))
    if cached and time.monotonic() < until:
        return cached
    current = _read_queue(tx, project)
    if len(current.own) > LONG_QUEUE:
        snapshots[project] = time.monotonic() + CACHE_SECONDS, current
    else:
        snapshots.pop(project, None)
    return current


def join_queue(tx: Tx, job: Job) -> QueuePosition:
    """The position of a job that `tx` queues.

    Many jobs are often queued at once, so they share what was read for the first of them for a moment: each new job is
    added to it, and `forget_queue` drops it when a job of this process leaves the queue.
    """
    queues, project = _queues_of_new_jobs.setdefault(tx.get_bind(), {}), ProjectId(job.project_id)
    until, queue = queues.get(project, (0.0, None))
    if queue is None or time.monotonic() >= until:
        queue = queue_snapshot(tx, project)
        queues[project] = time.monotonic() + NEW_JOBS_SECONDS, queue
    place = bisect_left(queue.own, (-job.priority, job.created_at, job.id))
    if not any(job_id == job.id for _, _, job_id, _ in queue.own[place : place + 1]):
        queue.own.insert(place, (-job.priority, job.created_at, job.id, job.expected_seconds))
    return queue.position_of(job)


def forget_queue(tx: Tx) -> None:
    """Read the queue again for the next new job."""
    _queues_of_new_jobs.pop(tx.get_bind(), None)


def _read_queue(tx: Tx, project: ProjectId) -> QueueSnapshot:
    rows = tx.execute(OWN_JOBS, {"project": project})
    slots, mean_seconds = tx.execute(CAPACITY, {"milliseconds": int(LIVE_SECONDS * 1000)}).one()
    return QueueSnapshot(
        own=[(-priority, created_at, job_id, seconds) for priority, created_at, job_id, seconds in rows],
        others=[(priority, queued, seconds) for priority, owner, queued, seconds in _depths(tx) if owner != project],
        slots=slots,
        running=[_seconds_left(*row) for row in tx.execute(RUNNING_JOBS)],
        mean_seconds=mean_seconds,
    )


def count_queued(tx: Tx, project: ProjectId | None = None, *, at_most: int) -> int:
    """The number of queued jobs, of one project or of all. Counting stops at `at_most`."""
    where = (IN_QUEUE_OF_PROJECT, Job.project_id == project) if project else (IS_QUEUED,)
    return tx.scalar(select(_count(at_most, *where))) or 0


def queue_lengths(tx: Tx, project: ProjectId, at_most: int, all_at_most: int) -> tuple[int, int]:
    """The numbers of queued jobs of the project and of all projects, counted up to these limits."""
    limits = {"project": project, "at_most": at_most, "all_at_most": all_at_most}
    own, every = tx.connection().execute(LENGTHS, limits).one()
    return own, every


def longest_wait_seconds(tx: Tx) -> float:
    """How long the job that waits longest has been queued; 0 if none is."""
    milliseconds = tx.scalar(select(now() - func.min(Job.updated_at)).where(IS_QUEUED))
    return milliseconds / 1000 if milliseconds is not None else 0.0


def _depths(tx: Tx) -> Sequence[Depth]:
    """The number of queued jobs by priority and project. For a long queue, it can be a second old."""
    engine = tx.get_bind()
    until, depths = _cached_depths.get(engine, (0.0, ()))
    if time.monotonic() < until:
        return depths
    rows = tx.execute(DEPTHS)
    depths = [(priority, project, queued, seconds) for priority, project, queued, seconds in rows]
    if sum(depth[2] for depth in depths) > LONG_QUEUE:
        _cached_depths[engine] = time.monotonic() + CACHE_SECONDS, depths
    return depths


def _seconds_left(requested: str | None, eta: float | None, ran: float, max_runtime: float | None) -> float | None:
    """Seconds until a running job ends: its own estimate, within its maximum runtime; 0 if its end was requested."""
    if requested is not None:
        return 0.0
    if eta is None or max_runtime is None:
        return eta
    return min(eta, max(max_runtime - float(ran), 0.0))
