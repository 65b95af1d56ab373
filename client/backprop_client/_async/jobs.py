"""Jobs: create, estimate, list and read."""

from collections.abc import Mapping
from typing import Any, Unpack

from backprop_client._async.job import AsyncJob
from backprop_client._async.pages import AsyncPages
from backprop_client._async.transport import AsyncTransport
from backprop_client.estimate import JobEstimate
from backprop_client.requests import path_of
from backprop_client.specs.requests import JobDeletionBody, JobRequest
from backprop_client.types.jobs import Deletion


class AsyncJobs:
    """The jobs of the project: `client.jobs`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, *, idempotency_key: str | None = None, **request: Unpack[JobRequest]) -> AsyncJob:
        """Submit a job, and return it. `dataset_id` and `target` are enough; `JobRequest` names all fields.

        idempotency_key: with the same key, a second call returns the same job. Default: a new key for each call, which
            protects its retries.

        Raises `InvalidRequestError` with all problems of the request.
        """
        data = await self._transport.create(path_of("jobs"), request, idempotency_key=idempotency_key)
        return self._make(data)

    async def estimate(self, *, neighbors: bool | None = None, **request: Unpack[JobRequest]) -> JobEstimate:
        """Validate a request, and return the resolved spec and what the job would cost. Creates nothing.

        neighbors: with True, `estimate` also has what one layer more, twice the width and other changes would cost.
        """
        parameters = {"validate_only": True, "neighbors": neighbors}
        answer = await self._transport.create(path_of("jobs"), request, parameters=parameters)
        return JobEstimate(answer)

    def list(
        self,
        *,
        state: str | None = None,
        created_after: str | None = None,
        metadata: Mapping[str, str] | None = None,
        page_size: int | None = None,
    ) -> AsyncPages[AsyncJob]:
        """Iterate over the jobs, newest first; the arguments select some of them."""
        parameters = {"state": state, "created_after": created_after, "metadata": metadata, "limit": page_size}
        return AsyncPages(self._transport, path_of("jobs"), parameters, self._make)

    async def get(self, job_id: str) -> AsyncJob:
        """Return a job."""
        return self._make(await self._transport.get(path_of("jobs", job_id)))

    async def delete(self, job_id: str) -> None:
        """Erase a job that has ended, with its metrics, events, checkpoints and model."""
        await self._transport.delete(path_of("jobs", job_id))

    async def delete_many(self, **filters: Unpack[JobDeletionBody]) -> Deletion:
        """Erase the ended jobs that match, in the background, and return the deletion; `all=True` erases all."""
        return Deletion(await self._transport.create(path_of("jobs", "delete"), filters))

    def deletions(self, *, page_size: int | None = None) -> AsyncPages[Deletion]:
        """Iterate over the deletions of many jobs, newest first."""
        return AsyncPages(self._transport, path_of("deletions"), {"limit": page_size}, Deletion)

    async def deletion(self, deletion_id: str) -> Deletion:
        """Return a deletion of many jobs, and how far it is."""
        return Deletion(await self._transport.get(path_of("deletions", deletion_id)))

    def _make(self, data: Mapping[str, Any]) -> AsyncJob:
        return AsyncJob(self._transport, data)
