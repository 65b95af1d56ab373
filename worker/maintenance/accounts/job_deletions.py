"""Carry out the deletions of jobs that owners asked for."""

from service.accounts import deletions as use_cases
from store.db.transaction import snapshot, transaction
from store.jobs import deletions
from worker.maintenance.duty import Duty

BATCH = 100  # jobs in one transaction, some ten milliseconds, during which other writers of an SQLite file wait


class JobDeletions(Duty):
    """Erase the next jobs in several short transactions. A killed scheduler continues after its last one."""

    limit = 2_000  # jobs per round

    def run(self) -> None:
        """Erase the next jobs."""
        for _ in range(self.limit // BATCH):
            with snapshot(self.sessions) as tx:
                deletion = deletions.next_unfinished(tx)
            if deletion is None:
                return
            with transaction(self.sessions, "job_deletions") as tx:
                use_cases.carry_on(tx, deletion, BATCH)
