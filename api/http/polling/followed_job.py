"""A job that one request follows: a long poll or an event stream."""

from typing import Protocol

from api.http.polling.job_snapshot import JobSnapshot
from messaging.change_feed import JobWatch
from store.ids import ProjectId


class Snapshots(Protocol):
    """Where the state of a job is read: from memory, or from the database after a change."""

    async def get(self, project: ProjectId, job_id: str) -> JobSnapshot:
        """Return the project's job as it is now. Raises `NotFound`."""

    def seen(self, job_id: str, last_event: int) -> None:
        """Drop the snapshot if it is older than an event that the client was sent."""


class FollowedJob:
    """A job, and the changes of it that reach this process."""

    def __init__(self, snapshots: Snapshots, project: ProjectId, job_id: str, watch: JobWatch) -> None:
        self._snapshots = snapshots
        self._project = project
        self._job_id = job_id
        self._watch = watch

    async def read(self) -> JobSnapshot:
        """Return the job as it is now. Raises `NotFound`."""
        return await self._snapshots.get(self._project, self._job_id)

    def seen(self, last_event: int) -> None:
        """Drop the snapshot if it is older than an event that the client was sent."""
        self._snapshots.seen(self._job_id, last_event)

    async def wait(self, seconds: float) -> None:
        """Return when the job has changed since the last call, and after `seconds` at the latest."""
        await self._watch.wait(seconds)
