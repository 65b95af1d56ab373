"""Delete idempotency records that are more than a day old."""

from store.accounts import idempotency
from store.db.transaction import transaction
from worker.maintenance.duty import TEN_MINUTES, Duty


class ExpiredIdempotencyRecords(Duty):
    """Delete the answers that were kept for repeated requests."""

    every_seconds = TEN_MINUTES
    limit = 10_000  # rows

    def run(self) -> None:
        """Delete the next expired records."""
        with transaction(self.sessions, "expired_idempotency_records") as tx:
            idempotency.delete_expired(tx, self.limit)
