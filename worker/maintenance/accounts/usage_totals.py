"""Add the usage of single jobs and uploads to the totals of their projects."""

from store.accounts import metering
from store.db.transaction import snapshot, transaction
from worker.maintenance.duty import Duty


class UsageTotals(Duty):
    """Move usage entries to the totals, in one transaction, so that each counts once whatever is killed."""

    every_seconds = 60.0  # entries count in the meantime, too
    limit = 1_000  # rows, some ten milliseconds

    def run(self) -> None:
        """Move the next entries."""
        with snapshot(self.sessions) as tx:
            if not metering.any_entries(tx):
                return
        with transaction(self.sessions, "usage_totals") as tx:
            metering.add_to_totals(tx, self.limit)
