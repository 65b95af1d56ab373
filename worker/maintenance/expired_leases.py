"""Take jobs from workers that stopped renewing their leases: requeue, pause, cancel or fail them."""

from messaging.notifications import publish_change
from service.settings import Settings
from store.db.transaction import Tx, transaction
from store.ids import kind_of
from store.jobs import leases
from store.jobs.leases import ExpiredLease
from worker.attempt import retry
from worker.attempt.outcomes import Failed, WorkerLost
from worker.maintenance.duty import Duty


class ExpiredLeases(Duty):
    """Release the jobs of lost workers."""

    limit = 100  # jobs, a few milliseconds each, during which other writers of an SQLite file wait

    def run(self) -> None:
        """Release the jobs whose leases expired first."""
        with transaction(self.sessions, "expired_leases") as tx:
            release_expired(tx, self.settings, self.limit)


def release_expired(tx: Tx, settings: Settings, limit: int = ExpiredLeases.limit) -> None:
    """Requeue, pause, cancel or fail at most `limit` jobs whose leases have expired."""
    for expired in leases.expired(tx, limit):
        kind = kind_of(expired.lease.job_id)
        outcome = retry.decide(WorkerLost(requested=expired.requested), expired.attempt, settings.max_attempts, kind)
        if expired.has_budget:
            leases.charge_lost(tx, expired.lease, _unrecorded_seconds(expired, settings))
        if isinstance(outcome, Failed):
            leases.fail_expired(tx, expired.lease, outcome.error)
        else:
            leases.release_expired(tx, expired.lease)
        publish_change(tx, expired.lease.job_id)


def _unrecorded_seconds(expired: ExpiredLease, settings: Settings) -> float:
    """Return for how long a lost worker may have computed after its last record, so that its budget still holds.

    It was alive when it renewed its lease last, and would have recorded its progress soon if it had lived on.
    """
    renewed_at = expired.lease_until - settings.lease_seconds * 1000
    return max(renewed_at - expired.recorded_at, 0.0) / 1000 + settings.record_seconds
