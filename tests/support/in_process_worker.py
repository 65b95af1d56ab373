"""Run the queued jobs of an application in this process, as a worker does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.bootstrap import Services
from store.ids import WorkerId
from worker.context import WorkerContext
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner


@contextmanager
def in_process_worker(services: Services) -> Iterator[Callable[[], None]]:
    """Yield a function that runs the queued jobs."""
    context = WorkerContext(
        sessions=services.sessions,
        settings=services.settings,
        notifier=services.notifier,
        lease_keeper=LeaseKeeper(services.sessions, services.settings),
        worker_id=WorkerId("wrk_test"),
        is_draining=lambda: False,
    )
    yield Runner(context).run_all
    context.lease_keeper.close()
