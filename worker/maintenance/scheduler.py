"""Run the maintenance duties every few seconds, and deliver webhooks: ``python -m worker.maintenance.scheduler``.

Several schedulers may run. This is a plain loop, not Celery beat, so that maintenance continues while the broker is
down.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable

from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from messaging.celery_app import celery_app
from service import tracing
from service.bootstrap import bootstrap
from service.logging import configure_logging
from service.settings import Settings, settings
from store.db.database import Sessions
from worker.maintenance.accounts.job_deletions import JobDeletions
from worker.maintenance.accounts.job_retention import JobRetention
from worker.maintenance.accounts.old_audit_entries import OldAuditEntries
from worker.maintenance.accounts.stored_bytes import StoredBytes
from worker.maintenance.accounts.usage_totals import UsageTotals
from worker.maintenance.duty import Duty, Resources
from worker.maintenance.expired_datasets import ExpiredDatasets
from worker.maintenance.expired_idempotency_records import ExpiredIdempotencyRecords
from worker.maintenance.expired_leases import ExpiredLeases
from worker.maintenance.expired_uploads import ExpiredUploads
from worker.maintenance.old_webhook_deliveries import OldWebhookDeliveries
from worker.maintenance.orphaned_blobs import OrphanedBlobs
from worker.maintenance.sqlite_checkpoints import SqliteCheckpoints
from worker.maintenance.stale_workers import StaleWorkers
from worker.maintenance.worker_notifications import WorkerNotifications
from worker.webhooks.deliverer import Deliverer

log = logging.getLogger("scheduler")

DUTIES: tuple[type[Duty], ...] = (
    ExpiredLeases,
    WorkerNotifications,
    OrphanedBlobs,
    ExpiredDatasets,
    ExpiredUploads,
    ExpiredIdempotencyRecords,
    StaleWorkers,
    JobDeletions,
    JobRetention,
    UsageTotals,
    StoredBytes,
    OldAuditEntries,
    SqliteCheckpoints,
    OldWebhookDeliveries,
)


class Scheduler:
    """Run each duty when it is due. A duty that fails is logged and runs again when it is due next."""

    def __init__(self, sessions: Sessions, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        resources = Resources(sessions=sessions, settings=settings, app=celery_app(settings.broker))
        self._due_at = {duty(resources): clock() for duty in DUTIES}
        self._seconds = settings.reconcile_seconds
        self._clock = clock

    def run(self, ended: threading.Event) -> None:
        """Run a round every few seconds until `ended` is set."""
        while not ended.is_set():
            self.run_due_duties()
            ended.wait(self._seconds)

    def run_due_duties(self) -> None:
        """Run one round."""
        for duty, due_at in self._due_at.items():
            if self._clock() >= due_at:
                self._due_at[duty] = self._clock() + duty.every_seconds
                self._run(duty)

    def _run(self, duty: Duty) -> None:
        try:
            duty.run()
        except (SQLAlchemyError, OperationalError, OSError) as error:
            log.warning("Maintenance duty %s failed and will run again: %s", type(duty).__name__, error)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    configure_logging()
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    services = bootstrap(settings())
    services.metrics.start("scheduler")
    tracing.configure("scheduler")
    deliverer = Deliverer(services)
    deliverer.start()
    Scheduler(services.sessions, services.settings).run(ended)
    deliverer.close()
    services.close()
    tracing.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
