"""Take jobs from workers that stopped renewing their leases: requeue, pause, cancel or fail them."""

from messaging.notifications import publish_change
from store.db.transaction import Tx, transaction
from store.ids import kind_of
from store.jobs import leases
from worker.attempt import retry
from worker.attempt.outcomes import Failed, WorkerLost
from worker.maintenance.duty import Duty


class ExpiredLeases(Duty):
    """Release the jobs of lost workers."""

    limit = 100  # jobs, a few milliseconds each, during which other writers of an SQLite file wait

    def run(self) -> None:
        """Release the jobs whose leases expired first."""
        with transaction(self.sessions, "expired_leases") as tx:
            release_expired(tx, self.settings.max_attempts, self.limit)


def release_expired(tx: Tx, max_attempts: int, limit: int = ExpiredLeases.limit) -> None:
    """Requeue, pause, cancel or fail at most `limit` jobs whose leases have expired."""
    for expired in leases.expired(tx, limit):
        kind = kind_of(expired.lease.job_id)
        outcome = retry.decide(WorkerLost(requested=expired.requested), expired.attempt, max_attempts, kind)
        if isinstance(outcome, Failed):
            leases.fail_expired(tx, expired.lease, outcome.error)
        else:
            leases.release_expired(tx, expired.lease)
        publish_change(tx, expired.lease.job_id)
