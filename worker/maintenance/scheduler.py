"""The scheduler: ``python -m worker.maintenance.scheduler``. Requeues lost jobs and notifies workers.

Several may run. It is a loop and no Celery beat, so that it goes on while the broker is down.
"""

import logging
import signal
import sys
import threading

from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from messaging.celery_app import celery_app, send_notifications
from service.settings import Settings, settings
from store.accounts import idempotency
from store.artifacts import blobs
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import transaction
from store.jobs import leases, queue_position, workers
from worker.logs import configure_logs

log = logging.getLogger("scheduler")

MAX_RINGS = 64  # a worker goes on with the next job by itself; rings only have to wake the idle ones
SWEEP_ROUNDS = 120  # rounds between two sweeps of what has expired: ten minutes


class Scheduler:
    """Rounds of reconciling what the database says with what is done about it."""

    def __init__(self, sessions: Sessions, here: Settings) -> None:
        self._sessions = sessions
        self._settings = here
        self._app = celery_app(here.broker)
        self._swept = ""  # the last blob that was looked at

    def run(self, ended: threading.Event) -> None:
        """A round every few seconds until `ended` is set; an error of one is logged and left behind."""
        rounds = 0
        while not ended.is_set():
            try:
                self.round(sweeps=rounds % SWEEP_ROUNDS == 0)
            except (SQLAlchemyError, OperationalError, OSError) as error:
                log.warning("this round failed, the next follows: %s", error)
            rounds += 1
            ended.wait(self._settings.reconcile_seconds)

    def round(self, *, sweeps: bool) -> None:
        """Take lapsed jobs from their workers, ring for the queued ones, and clear away a little."""
        with transaction(self._sessions, "reconcile") as tx:
            leases.end_or_requeue_lapsed(tx, self._settings.max_attempts)
            queued = queue_position.count_queued(tx, at_most=1)
            free = workers.free_slots(tx, self._settings.lease_seconds)
        if queued:  # one for each free slot: a worker that hears none takes itself for deaf, more would pile up
            send_notifications(self._app, min(max(free, 1), MAX_RINGS))
        self._swept = blobs.sweep(self._sessions, self._swept)
        if sweeps:
            with transaction(self._sessions) as tx:
                idempotency.forget_old(tx)
                workers.forget_old(tx)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    configure_logs()
    here = settings()
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    engine = open_database(here.database)
    Scheduler(open_sessions(engine), here).run(ended)
    engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
