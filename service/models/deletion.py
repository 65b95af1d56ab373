"""Delete trained models."""

from messaging.notifications import publish_change
from store.artifacts import models
from store.db.transaction import Tx
from store.ids import ProjectId


def delete(tx: Tx, project: ProjectId, model_id: str) -> None:
    """Delete a model, so that its job no longer links to it. Raises `NotFound` or `ModelInUse`."""
    model = models.remove(tx, project, model_id)
    publish_change(tx, model.job_id)
