"""Where queued jobs stand: how many wait, how many go before a given one, and when its turn may come."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from store import durations, workers
from store.ids import ProjectId
from store.tables import IS_QUEUED, IS_RUNNING, Job, Project
from store.transaction import Tx

LONG = 1_000  # queued jobs beyond which counting them for each who asks costs too much
LONG_SECONDS = 1.0  # for which such a count is good enough
LIVE_SECONDS = 30.0  # a worker that was seen within this counts
PRIORITIES = range(10)  # all there are, so that the index of the queue can be searched for a project

Depth = tuple[int, str, int]  # a priority, a project, and its queued jobs
_long: WeakKeyDictionary[Engine | Connection, tuple[float, Sequence[Depth]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The place of a queued job."""

    jobs_ahead: int
    starts_in_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The queue as a project sees it."""

    own: Sequence[tuple[int, str]]  # (minus the priority, id) of each of its queued jobs, in order
    others: Sequence[tuple[int, int]]  # (priority, queued jobs) of each other project
    slots: int
    running: int
    mean_seconds: float | None

    def place(self, job: Job) -> Standing:
        """Where a queued job of the project stands."""
        ahead = self._ahead(job)
        return Standing(jobs_ahead=ahead, starts_in_seconds=self._starts_in(ahead))

    def _ahead(self, job: Job) -> int:
        """As claims go if every project runs as many: another one's job before each of ours of the same priority."""
        own = bisect_left(self.own, (-job.priority, job.id))
        turns = own - bisect_left(self.own, (-job.priority, "")) + 1
        higher = sum(queued for priority, queued in self.others if priority > job.priority)
        return own + higher + sum(min(queued, turns) for priority, queued in self.others if priority == job.priority)

    def _starts_in(self, ahead: int) -> float | None:
        """At once on a free slot; else after as many slots fell free as there are jobs before it."""
        free = self.slots - self.running
        if self.slots and ahead < free:
            return 0.0
        if not self.slots or self.mean_seconds is None:
            return None
        return round((ahead - free + 1) * self.mean_seconds / self.slots, 1)


def lock_queue(tx: Tx, project: ProjectId) -> None:
    """Have whoever queues a job of the project next wait for this transaction, so that what it counts stays true.

    SQLite has one writer at a time anyway.
    """
    tx.execute(select(Project.id).where(Project.id == project).with_for_update(key_share=True))


def line(tx: Tx, project: ProjectId) -> Line:
    """The queue at this moment."""
    own = select(Job.priority, Job.id).where(*_of(project)).order_by(Job.priority.desc(), Job.id)
    return Line(
        own=[(-priority, job_id) for priority, job_id in tx.execute(own)],
        others=[(priority, queued) for priority, owner, queued in _depths(tx) if owner != project],
        slots=workers.slots(tx, LIVE_SECONDS),
        running=tx.scalar(select(func.count()).select_from(Job).where(IS_RUNNING)) or 0,
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
    counted = select(Job.priority, Job.project_id, func.count()).where(IS_QUEUED)
    rows = tx.execute(counted.group_by(Job.priority, Job.project_id))
    depths = [(priority, project, queued) for priority, project, queued in rows]
    if sum(queued for *_, queued in depths) > LONG:
        _long[engine] = time.monotonic() + LONG_SECONDS, depths
    return depths


def _of(project: ProjectId) -> tuple[ColumnElement[bool], ...]:
    return IS_QUEUED, Job.priority.in_(PRIORITIES), Job.project_id == project
