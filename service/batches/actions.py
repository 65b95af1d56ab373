"""What owners do with their batches: cancel, delete."""

from messaging.notifications import publish_change, publish_request
from store import batches
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Job


def cancel(tx: Tx, project: ProjectId, batch_id: str) -> Job:
    """Cancel a queued batch immediately; request it of the worker of a running one."""
    batch = batches.cancel(tx, project, batch_id)
    publish_request(tx, batch_id)
    return batch


def remove(tx: Tx, project: ProjectId, batch_id: str) -> None:
    """Delete a batch that has ended, with its result. Raises `NotFound` or `JobUnfinished`."""
    batches.remove(tx, project, batch_id)
    publish_change(tx, batch_id)
