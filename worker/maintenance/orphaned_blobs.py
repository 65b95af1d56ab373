"""Delete blobs that processes left behind when they crashed, and objects of deleted blobs."""

from store.artifacts import blobs
from worker.maintenance.duty import Duty, Resources


class OrphanedBlobs(Duty):
    """Check all blobs, a batch per round, and start again at the first one."""

    limit = 500  # blobs, a few milliseconds

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._last_checked = ""

    def run(self) -> None:
        """Check the next blobs, delete those that nothing refers to, and delete objects whose blobs were deleted."""
        self._last_checked = blobs.remove_orphans(self.sessions, self._last_checked, self.limit)
        blobs.remove_objects(self.sessions, self.limit)
