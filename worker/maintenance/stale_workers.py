"""Delete workers that have not been seen for a day."""

from store.db.transaction import transaction
from store.jobs import workers
from worker.maintenance.duty import TEN_MINUTES, Duty


class StaleWorkers(Duty):
    """Delete the rows of workers that ended without deleting them."""

    every_seconds = TEN_MINUTES
    limit = 1_000  # rows

    def run(self) -> None:
        """Delete the next rows."""
        with transaction(self.sessions, "stale_workers") as tx:
            workers.delete_old(tx, self.limit)
