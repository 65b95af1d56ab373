"""Erase data sets whose time to live has ended."""

from store.artifacts import datasets
from worker.maintenance.duty import Duty


class ExpiredDatasets(Duty):
    """Erase expired data sets with their bytes. Those that unfinished jobs need are erased after these jobs."""

    limit = 20  # data sets, each in a transaction of its own

    def run(self) -> None:
        """Erase the next data sets."""
        datasets.remove_expired(self.sessions, self.limit)
