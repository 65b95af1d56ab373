"""Responses with a batch: its view, its validator (ETag), and the headers that belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.batches.schemas import BatchResultView, BatchView
from api.http.polling.job_snapshot import JobSnapshot
from store import batches
from store.accounts.idempotency import Answer
from store.artifacts import blobs
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId
from store.jobs import queue_position
from store.jobs.states import TERMINAL
from store.tables import Job

RETRY_SECONDS = "1"  # when a client that polls should ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResponse:
    """A batch at one point in time."""

    view: BatchView
    version: int

    @property
    def etag_without_start(self) -> str:
        """Return the validator without the estimated start, which changes all the time."""
        queue = self.view.queue
        return f'"{self.version}-{queue.jobs_ahead if queue else ""}-'

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of every response with this batch."""
        queue = self.view.queue
        etag = {"ETag": f'{self.etag_without_start}{queue.starts_in_seconds if queue else ""}"'}
        return etag if self.view.state in TERMINAL else {**etag, "Retry-After": RETRY_SECONDS}

    def answer(self, status: int = 200) -> Answer:
        """Return the answer to a request that changed the batch, or with status 201 created it."""
        location = {"Location": self.view.links.self} if status == 201 else {}
        return Answer(status=status, headers={**location, **self.headers}, body=self.view.as_json())


def batch_response(tx: Tx, batch: Job) -> BatchResponse:
    """Return the response with a batch as it is now."""
    return BatchResponse(view=batch_views(tx, ProjectId(batch.project_id), [batch])[0], version=batch.version)


def new_batch_response(tx: Tx, batch: Job) -> BatchResponse:
    """Return the response with a batch that `tx` queues."""
    return BatchResponse(view=BatchView.of(batch, queue_position.join_queue(tx, batch), None), version=batch.version)


def read_batch(sessions: Sessions, project: ProjectId, batch_id: str) -> JobSnapshot:
    """Return the project's batch as it is now, ready to be sent. Raises `NotFound`."""
    with snapshot(sessions) as tx:
        batch = batches.get(tx, project, batch_id)
        response = batch_response(tx, batch)
    return JobSnapshot(
        project=project,
        state=batch.state,
        last_event=batch.events,
        version=response.etag_without_start,
        etag=response.headers["ETag"],
        headers=response.headers,
        body=response.view.model_dump_json().encode(),
    )


def batch_views(tx: Tx, project: ProjectId, listed: Sequence[Job]) -> list[BatchView]:
    """Return the views of batches of one project; the queue is read at most one time."""
    queue = queue_position.queue_snapshot(tx, project) if any(batch.state == "queued" for batch in listed) else None
    return [
        BatchView.of(batch, queue.position_of(batch) if queue and batch.state == "queued" else None, _result(tx, batch))
        for batch in listed
    ]


def _result(tx: Tx, batch: Job) -> BatchResultView | None:
    if batch.result_blob_id is None:
        return None
    blob = blobs.info(tx, batch.result_blob_id)
    return BatchResultView(bytes=blob.bytes, sha256=blob.sha256)
