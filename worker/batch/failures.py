"""Classify the errors that end an attempt at a batch."""

import errno

import duckdb

from store.errors import BlobDamaged, BlobGone, NotFound
from tabular.errors import InvalidPlan, InvalidRows
from worker.attempt.outcomes import Failed, Interrupted, Outcome
from worker.attempt.unexpected import classify_unexpected

OUT_OF_MEMORY = Failed(
    code="out_of_memory",
    detail="The worker ran out of memory. Use a model with fewer units or inputs, or name fewer key columns.",
)
OUT_OF_SPACE = Failed(
    code="out_of_space",
    detail="The disk of the worker is too full for the result. Tell the operator, and create a new batch later.",
)


def classify(error: Exception) -> Outcome:
    """Return the outcome that `error` means for the batch, and log what an operator should know."""
    match error:
        case MemoryError() | duckdb.OutOfMemoryException():
            return OUT_OF_MEMORY
        case BlobDamaged() if not isinstance(error, BlobGone):
            detail = "A stored file is damaged. Tell the operator, upload the data set again and create a new batch."
            return Failed(code="dataset_unusable", detail=detail)
        case BlobGone() | NotFound():
            detail = "The data set or the model was deleted. Create a new batch with those that exist."
            return Failed(code="dataset_unusable", detail=detail)
        case InvalidRows() | InvalidPlan():
            found = " ".join(problem.detail for problem in error.problems)
            return Failed(code="dataset_unusable", detail=f"The model cannot predict rows of this data set: {found}")
    if _is_disk_full(error):
        return Interrupted(charged=True, failure=OUT_OF_SPACE)
    return classify_unexpected(error, "batch")


def _is_disk_full(error: Exception) -> bool:
    """Whether a temporary file could not be written; DuckDB reports it in words."""
    return (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}) or (
        isinstance(error, duckdb.IOException) and "No space left" in str(error)
    )
