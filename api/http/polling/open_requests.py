"""Count the long polls and event streams that each project keeps open in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import QuotaExceeded
from store.ids import ProjectId


class OpenRequests:
    """The number of waiting requests by project. Used by the event loop only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open = Counter[ProjectId]()

    def check(self, project: ProjectId) -> None:
        """Check that the project may open one more. Raises `QuotaExceeded`."""
        if self._open[project] >= self._limit:
            raise QuotaExceeded(
                f"This project has reached its limit of {self._limit:,} open event streams and long polls. "
                "Close some of them, or poll without Prefer: wait.",
                name="waiting",
                quota=self._limit,
            )

    @contextmanager
    def hold(self, project: ProjectId) -> Iterator[None]:
        """Count a request as open."""
        self._open[project] += 1
        try:
            yield
        finally:
            self._open[project] -= 1
            if not self._open[project]:
                del self._open[project]
