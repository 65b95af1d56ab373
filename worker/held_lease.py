"""The lease on the job that this process runs."""

import time

from store.errors import LeaseLost
from store.jobs.leases import Lease

MAX_SILENT_SHARE = 2 / 3  # of the lease; after so long without a renewal, another worker may soon run the job


class HeldLease:
    """A lease, when it was last renewed, and what the job's owner has requested as far as this process knows."""

    def __init__(self, lease: Lease, lease_seconds: float, requested: str | None) -> None:
        self.lease = lease
        self.requested = requested
        self._max_silent_seconds = lease_seconds * MAX_SILENT_SHARE
        self._is_lost = False
        self._renewed_at = time.monotonic()

    def renewed(self, requested: str | None) -> None:
        """Note that the lease was renewed just now, and what the owner has requested."""
        self._renewed_at, self.requested = time.monotonic(), requested

    def lost(self) -> None:
        """Note that the database has rejected a renewal."""
        self._is_lost = True

    def check(self) -> None:
        """Raise `LeaseLost` if another worker may run the job: a renewal was rejected, or the last one is too old."""
        silent_seconds = time.monotonic() - self._renewed_at
        if self._is_lost or silent_seconds > self._max_silent_seconds:
            raise LeaseLost(f"The lease of {self.lease.job_id} was last renewed {silent_seconds:.1f} s ago.")
