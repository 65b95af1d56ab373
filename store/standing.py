"""Where queued jobs stand: how many wait, how many go before a given one, and when its turn may come."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from store import durations, workers
from store.ids import ProjectId
from store.tables import IS_QUEUED, IS_RUNNING, Job
from store.transaction import Tx

MOST_COUNTED = 10_000  # as many as wait by default; in a longer queue a job learns that at least so many are ahead
LIVE_SECONDS = 30.0  # a worker that was seen within this counts
PRIORITIES = range(10)  # all there are, so that the index of the queue can be searched for a project


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


def line(tx: Tx, project: ProjectId) -> Line:
    """The queue at this moment."""
    own = select(Job.priority, Job.id).where(*_of(project)).order_by(Job.priority.desc(), Job.id)
    foreign = select(Job.priority, Job.project_id).where(IS_QUEUED, Job.project_id != project)
    first = foreign.order_by(Job.priority.desc()).limit(MOST_COUNTED).subquery()
    others = select(first.c.priority, func.count()).group_by(first.c.priority, first.c.project_id)
    return Line(
        own=[(-priority, job_id) for priority, job_id in tx.execute(own.limit(MOST_COUNTED))],
        others=[(priority, queued) for priority, queued in tx.execute(others)],
        slots=workers.slots(tx, LIVE_SECONDS),
        running=tx.scalar(select(func.count()).select_from(Job).where(IS_RUNNING)) or 0,
        mean_seconds=durations.mean_seconds(durations.recent(tx)),
    )


def count_queued(tx: Tx, project: ProjectId | None = None, *, at_most: int) -> int:
    """How many jobs wait, of one project or of all, counted no further than `at_most`."""
    found = select(Job.id).where(*(_of(project) if project else (IS_QUEUED,))).limit(at_most)
    return tx.scalar(select(func.count()).select_from(found.subquery())) or 0


def _of(project: ProjectId) -> tuple[ColumnElement[bool], ...]:
    return IS_QUEUED, Job.priority.in_(PRIORITIES), Job.project_id == project
