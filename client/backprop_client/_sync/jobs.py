"""Jobs: create, estimate, list and read."""

# Generated from the same file in _async by client/generator; do not edit.

from collections.abc import Mapping
from typing import Any, Unpack

from backprop_client._sync.job import Job
from backprop_client._sync.pages import Pages
from backprop_client._sync.transport import Transport
from backprop_client.estimate import JobEstimate
from backprop_client.requests import path_of
from backprop_client.specs.requests import JobDeletionBody, JobRequest
from backprop_client.types.jobs import Deletion


class Jobs:
    """The jobs of the project: `client.jobs`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, *, idempotency_key: str | None = None, **request: Unpack[JobRequest]) -> Job:
        """Submit a job, and return it. `dataset_id` and `target` are enough; `JobRequest` names all fields.

        idempotency_key: with the same key, a second call returns the same job. Default: a new key for each call, which
            protects its retries.

        Raises `InvalidRequestError` with all problems of the request.
        """
        data = self._transport.create(path_of("jobs"), request, idempotency_key=idempotency_key)
        return self._make(data)

    def estimate(self, *, neighbors: bool | None = None, **request: Unpack[JobRequest]) -> JobEstimate:
        """Validate a request, and return the resolved spec and what the job would cost. Creates nothing.

        neighbors: with True, `estimate` also has what one layer more, twice the width and other changes would cost.
        """
        parameters = {"validate_only": True, "neighbors": neighbors}
        answer = self._transport.create(path_of("jobs"), request, parameters=parameters)
        return JobEstimate(answer)

    def list(
        self,
        *,
        state: str | None = None,
        created_after: str | None = None,
        metadata: Mapping[str, str] | None = None,
        page_size: int | None = None,
    ) -> Pages[Job]:
        """Iterate over the jobs, newest first; the arguments select some of them."""
        parameters = {"state": state, "created_after": created_after, "metadata": metadata, "limit": page_size}
        return Pages(self._transport, path_of("jobs"), parameters, self._make)

    def get(self, job_id: str) -> Job:
        """Return a job."""
        return self._make(self._transport.get(path_of("jobs", job_id)))

    def delete(self, job_id: str) -> None:
        """Erase a job that has ended, with its metrics, events, checkpoints and model."""
        self._transport.delete(path_of("jobs", job_id))

    def delete_many(self, **filters: Unpack[JobDeletionBody]) -> Deletion:
        """Erase the ended jobs that match, in the background, and return the deletion; `all=True` erases all."""
        return Deletion(self._transport.create(path_of("jobs", "delete"), filters))

    def deletions(self, *, page_size: int | None = None) -> Pages[Deletion]:
        """Iterate over the deletions of many jobs, newest first."""
        return Pages(self._transport, path_of("deletions"), {"limit": page_size}, Deletion)

    def deletion(self, deletion_id: str) -> Deletion:
        """Return a deletion of many jobs, and how far it is."""
        return Deletion(self._transport.get(path_of("deletions", deletion_id)))

    def _make(self, data: Mapping[str, Any]) -> Job:
        return Job(self._transport, data)
