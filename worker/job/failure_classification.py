"""Classify the errors that end an attempt at a job."""

import logging

import duckdb

from store.db.database import is_statement_error, is_transient
from store.errors import BlobDamaged
from worker.job.initial_weights import InitialWeightsUnusable
from worker.job.loading import DatasetUnusable
from worker.job.outcomes import Failed, Interrupted, Outcome

log = logging.getLogger(__name__)

OUT_OF_MEMORY = Failed(
    code="out_of_memory",
    detail="The worker ran out of memory. Use fewer units, a smaller batch size or fewer columns.",
)
INTERNAL = Failed(code="internal", detail="Internal error. The cause was logged under the job's id.")


def classify(error: Exception) -> Outcome:
    """Return the outcome that `error` means for the job, and log what an operator should know."""
    match error:
        case DatasetUnusable() | BlobDamaged():
            return Failed(code="dataset_unusable", detail=f"Cannot train on this data set: {error}.")
        case InitialWeightsUnusable():
            return Failed(code="base_unusable", detail=f"Cannot start from the weights in `init_from`: {error}.")
        case MemoryError() | duckdb.OutOfMemoryException():
            return OUT_OF_MEMORY
    if is_transient(error):
        log.warning("A database error interrupted the attempt: %s", error)
        return Interrupted(charged=is_statement_error(error))
    log.error("Internal error.", exc_info=error)
    return INTERNAL
