"""What owners do with a learning curve: cancel, delete."""

from messaging.notifications import publish_change, publish_request
from store import learning_curves
from store.db.transaction import Tx
from store.ids import ProjectId


def cancel(tx: Tx, project: ProjectId, job_id: str) -> None:
    """Cancel the jobs of the curve that have not ended. Raises `NotFound`."""
    for job in learning_curves.cancel(tx, project, job_id):
        publish_request(tx, job.id)


def remove(tx: Tx, project: ProjectId, job_id: str) -> None:
    """Delete a curve with its jobs and their models. Raises `NotFound`, `JobUnfinished` or `ModelInUse`."""
    for removed in learning_curves.remove(tx, project, job_id):
        publish_change(tx, removed)
