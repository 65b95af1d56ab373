"""Notify idle workers while jobs are queued, because any earlier notification may have been lost."""

from messaging.celery_app import send_notifications
from store.db.transaction import snapshot
from store.jobs import queue_position, workers
from worker.maintenance.duty import Duty


class WorkerNotifications(Duty):
    """Send one notification for each free slot, so that every idle worker receives one."""

    limit = 64  # notifications; a worker takes one job after the other, so only idle ones need a notification

    def run(self) -> None:
        """Notify workers if a job is queued. Unused notifications would pile up in the broker, so send no more."""
        with snapshot(self.sessions) as tx:
            if not queue_position.count_queued(tx, at_most=1):
                return
            free_slots = workers.free_slots(tx, self.settings.lease_seconds)
        send_notifications(self.app, min(max(free_slots, 1), self.limit))
