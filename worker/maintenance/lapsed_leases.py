"""Take jobs from workers that stopped renewing their leases: requeue, pause, cancel or fail them."""

from messaging.notifications import publish_change
from store.db.transaction import Tx, transaction
from store.jobs import leases
from worker.job import retry
from worker.job.outcomes import Failed, WorkerLost
from worker.maintenance.duty import Duty


class LapsedLeases(Duty):
    """Release the jobs of lost workers."""

    limit = 100  # jobs, a few milliseconds each, during which other writers of an SQLite file wait

    def run(self) -> None:
        """Release the jobs whose leases lapsed first."""
        with transaction(self.sessions, "lapsed_leases") as tx:
            release_lapsed(tx, self.settings.max_attempts, self.limit)


def release_lapsed(tx: Tx, max_attempts: int, limit: int = LapsedLeases.limit) -> None:
    """Requeue, pause, cancel or fail at most `limit` jobs whose leases have lapsed."""
    for lapsed in leases.lapsed(tx, limit):
        outcome = retry.decide(WorkerLost(requested=lapsed.requested), lapsed.attempt, max_attempts)
        if isinstance(outcome, Failed):
            leases.fail_lapsed(tx, lapsed.lease, outcome.error)
        else:
            leases.release_lapsed(tx, lapsed.lease)
        publish_change(tx, lapsed.lease.job_id)
