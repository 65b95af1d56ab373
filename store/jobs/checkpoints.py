"""Checkpoints: saved states of a training run from which another worker can continue."""

from sqlalchemy import delete, select

from store.artifacts import blobs
from store.db.transaction import Tx
from store.ids import CheckpointId, JobId, new_id
from store.tables import Checkpoint


def create(tx: Tx, job_id: JobId, blob_id: str, fingerprint: str) -> CheckpointId:
    """Insert a checkpoint whose bytes are the blob `blob_id`, computed under the numeric fingerprint `fingerprint`."""
    checkpoint = Checkpoint(id=new_id("ckp"), job_id=job_id, blob_id=blob_id, fingerprint=fingerprint)
    tx.add(checkpoint)
    tx.flush()
    return CheckpointId(checkpoint.id)


def blobs_of(tx: Tx, job_id: JobId) -> list[str]:
    """The blobs of a job's checkpoints, newest first."""
    query = select(Checkpoint.blob_id).where(Checkpoint.job_id == job_id)
    return list(tx.scalars(query.order_by(Checkpoint.id.desc())))


def remove_older(tx: Tx, job_id: JobId, keep: int) -> None:
    """Delete all checkpoints of a job except the newest `keep`."""
    old = blobs_of(tx, job_id)[keep:]
    tx.execute(delete(Checkpoint).where(Checkpoint.job_id == job_id, Checkpoint.blob_id.in_(old)))
    blobs.remove(tx, old)
