"""Delete resumable uploads that were not finished in time."""

from store.artifacts import uploads
from worker.maintenance.duty import Duty


class ExpiredUploads(Duty):
    """Delete expired uploads with their bytes."""

    limit = 20  # uploads, each in a transaction of its own

    def run(self) -> None:
        """Delete the next uploads."""
        uploads.remove_expired(self.sessions, self.limit)
