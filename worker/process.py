"""Set up a child process of a worker: its connections, its runner and its limits."""

import os
import resource
import signal
import threading

from service import tracing
from service.bootstrap import bootstrap
from service.settings import Settings
from store.db.database import open_database
from store.ids import WorkerId
from store.jobs.workers import process_id
from worker.context import WorkerContext
from worker.drain import is_draining
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner

PARENT_POLL_SECONDS = 0.5


def make_runner(settings: Settings, worker_id: WorkerId) -> Runner:
    """Create the runner of a child process of a worker, with connections of its own."""
    engine = open_database(settings.database, pool_size=2, hold_seconds=settings.lease_seconds)
    services = bootstrap(settings, engine=engine)
    services.metrics.start("worker")
    tracing.configure("worker")
    return Runner(
        WorkerContext(
            sessions=services.sessions,
            settings=settings,
            notifier=services.notifier,
            lease_keeper=LeaseKeeper(services.sessions, settings),
            worker_id=process_id(worker_id, os.getpid()),
            is_draining=is_draining,
            metrics=services.metrics,
        )
    )


def limit_memory(settings: Settings) -> None:
    """Limit this process's memory, so that a job that needs too much fails before the machine runs out."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_DATA)
    limit = settings.worker_memory_bytes
    if hard_limit != resource.RLIM_INFINITY:
        limit = min(limit, hard_limit)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard_limit))


def end_with_parent() -> None:
    """End this process soon after its parent, even if the parent was killed. Its job resumes elsewhere."""
    parent = os.getppid()

    def watch() -> None:
        never = threading.Event()
        while os.getppid() == parent:
            never.wait(PARENT_POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
