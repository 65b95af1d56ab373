"""The plans that were made last, in memory: a request that is sent again is not planned again.

A plan is a function of the request and of what it names, which never changes while it exists: data sets, models and
weights. They can be deleted, and estimates of seconds follow the jobs that have ended, so both are read again after a
second.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from service.jobs.job_request import JobRequest
from service.jobs.prices import Price
from store.ids import ProjectId
from store.jobs.durations import CompletedRun

FRESH_SECONDS = 1.0  # how long a plan is used without a look into the database
FIRST_SECONDS = 0.05  # the same before any job has succeeded: the first one makes estimates of seconds possible
MAX_PLANS = 256
MAX_FEATURES = 256  # of a plan that is kept: larger ones take too much memory
NOT_PLANNED = {"name", "priority", "metadata", "budget"}  # fields of a request that have no influence on its plan

Key = tuple[ProjectId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """What planning made of a request. `needs` is the estimate without the seconds."""

    dataset_name: str
    epochs: int
    spec: dict[str, Any]
    needs: dict[str, Any]
    warnings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan, the completed jobs that its seconds are estimated from, and when both were known to be true."""

    planned: PlannedJob
    runs: Sequence[CompletedRun]
    checked_at: float


class PlannedJobs:
    """The plans of one process, and the price of what is planned. Several threads may use them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, price: Price | None = None) -> None:
        self.price = price
        self._clock = clock
        self._kept: OrderedDict[Key, KeptPlan] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> tuple[KeptPlan | None, bool]:
        """Return a plan, and whether it may be used without a look into the database."""
        kept = self._kept.get(key)
        if kept is None:
            return None, False
        return kept, self._clock() - kept.checked_at < (FRESH_SECONDS if kept.runs else FIRST_SECONDS)

    def keep(self, key: Key, planned: PlannedJob, runs: Sequence[CompletedRun]) -> None:
        """Keep a plan that is true now."""
        if len(planned.spec["features"]) > MAX_FEATURES:
            return
        with self._lock:
            self._kept[key] = KeptPlan(planned=planned, runs=runs, checked_at=self._clock())
            self._kept.move_to_end(key)
            if len(self._kept) > MAX_PLANS:
                self._kept.popitem(last=False)


def key_of(project: ProjectId, request: JobRequest) -> Key:
    """Return what the plan of a request depends on. A field left out can mean something else than its default."""
    return project, request.model_dump_json(exclude=NOT_PLANNED, exclude_unset=True)
