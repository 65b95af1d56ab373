"""Classify the errors that end an attempt at a job."""

import duckdb

from store.errors import BlobDamaged, BlobGone
from worker.attempt.outcomes import Failed, Outcome
from worker.attempt.unexpected import classify_unexpected
from worker.job.initial_weights import InitialWeightsUnusable
from worker.job.loading import DatasetUnusable

OUT_OF_MEMORY = Failed(
    code="out_of_memory",
    detail="The worker ran out of memory. Use fewer units, a smaller batch size or fewer columns.",
)

OTHER_WEIGHTS = "Submit a new job that names a model or weights that exist and fit."


def classify(error: Exception) -> Outcome:
    """Return the outcome that `error` means for the job, and log what an operator should know."""
    match error:
        case DatasetUnusable() | BlobDamaged():
            return Failed(code="dataset_unusable", detail=_dataset_detail(error))
        case InitialWeightsUnusable():
            detail = f"Cannot start from the weights in `init_from`: {_without_period(error)}. {OTHER_WEIGHTS}"
            return Failed(code="base_unusable", detail=detail)
        case MemoryError() | duckdb.OutOfMemoryException():
            return OUT_OF_MEMORY
    return classify_unexpected(error, "job")


def _dataset_detail(error: Exception) -> str:
    """Return what is wrong with the data set and what to do. Damaged bytes are also a matter for the operator."""
    damaged = isinstance(error, BlobDamaged) and not isinstance(error, BlobGone)
    advice = "Tell the operator that a stored file is damaged. " if damaged else ""
    return f"Cannot train on this data set: {_without_period(error)}. {advice}Upload it again and submit a new job."


def _without_period(error: Exception) -> str:
    return str(error).removesuffix(".")
