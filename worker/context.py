"""What the parts of a worker process share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from messaging.notifier import Notifier
from service.metrics.recorder import MetricsRecorder
from service.settings import Settings
from store.db.database import Sessions
from store.ids import WorkerId
from worker.lease_keeper import LeaseKeeper

RUN_SECONDS = 3600.0  # Celery considers a task that runs much longer as stuck


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """The connections and settings of one process."""

    sessions: Sessions
    settings: Settings
    notifier: Notifier
    lease_keeper: LeaseKeeper
    worker_id: WorkerId
    is_draining: Callable[[], bool]  # whether the process has to stop
    metrics: MetricsRecorder = field(default_factory=MetricsRecorder)
    cpu_clock: Callable[[], float] = time.process_time  # of all processes that train the job
    run_seconds: float = RUN_SECONDS  # how long one notification lets the process run job after job
