"""Erase ended jobs and batches, with their models and results, whose retention has ended."""

from collections import defaultdict
from typing import get_args

from service.accounts.deletions import erase_outdated
from store.db.transaction import snapshot, transaction
from store.ids import Kind, ProjectId
from store.jobs import deletions
from worker.maintenance.accounts.job_deletions import BATCH
from worker.maintenance.duty import TEN_MINUTES, Duty, Resources


class JobRetention(Duty):
    """Erase old jobs of the projects that have a retention, in several short transactions."""

    every_seconds = TEN_MINUTES / 10
    limit = 1_000  # jobs, and batches, of each project per round

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._after = defaultdict[tuple[ProjectId, Kind], str](str)

    def run(self) -> None:
        """Erase the next jobs of each project, and forget deletions that were finished long ago."""
        with snapshot(self.sessions) as tx:
            retentions = deletions.retentions(tx, self.settings.retention_days)
        for project, days in retentions:
            for kind in get_args(Kind):
                self._erase_kind(project, days, kind)
        with transaction(self.sessions, "old_deletions") as tx:
            deletions.forget_finished(tx, BATCH)

    def _erase_kind(self, project: ProjectId, days: int, kind: Kind) -> None:
        for _ in range(self.limit // BATCH):
            if not self._erase(project, days, kind):
                return

    def _erase(self, project: ProjectId, days: int, kind: Kind) -> bool:
        """Erase the next jobs of a project; return whether there are more. Jobs that had to stay are skipped."""
        with snapshot(self.sessions) as tx:
            batch = deletions.outdated(tx, project, days, kind, self._after[project, kind], BATCH)
        if batch:
            with transaction(self.sessions, "job_retention") as tx:
                erase_outdated(tx, project, batch)
        self._after[project, kind] = batch[-1] if len(batch) == BATCH else ""
        return len(batch) == BATCH
