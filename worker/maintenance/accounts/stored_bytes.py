"""Record how many bytes each project stores. The highest value of a day is its usage."""

from store.accounts import metering
from store.artifacts import usage
from store.db.transaction import snapshot, transaction
from worker.maintenance.duty import TEN_MINUTES, Duty


class StoredBytes(Duty):
    """Measure the stored bytes of all projects."""

    every_seconds = TEN_MINUTES
    limit = 0  # all projects: one query each for data sets, weights and models

    def run(self) -> None:
        """Measure outside of the writing transaction, so that nobody waits."""
        with snapshot(self.sessions) as tx:
            stored = usage.stored_bytes(tx)
        if stored:
            with transaction(self.sessions, "stored_bytes") as tx:
                metering.raise_peak(tx, "stored_bytes", stored)
