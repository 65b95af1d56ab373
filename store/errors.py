"""What the store refuses.

StoreError
├── NotFound           the caller's project has no such thing
├── JobFinished        an action on a job that has ended
├── JobUnfinished      an action on a job that has not
├── DatasetInUse       a job that has not ended needs the data set
├── ModelInUse         a job that has not ended starts from the model
├── WeightsInUse       a job that has not ended needs the uploaded weights
├── LeaseLost          a write under a fence that is no longer the job's
├── IdempotencyMismatch, IdempotencyInProgress
└── BlobDamaged        stored bytes are not those that were written
    └── BlobGone       they were deleted, with what they belonged to
"""


class StoreError(Exception):
    """What the store refuses, as a class for each reason."""


class NotFound(StoreError):
    """There is no such thing, or it is somebody else's."""


class JobFinished(StoreError):
    """The job has already ended."""


class JobUnfinished(StoreError):
    """The job has not ended yet."""


class DatasetInUse(StoreError):
    """A job that has not ended needs this data set."""


class ModelInUse(StoreError):
    """A job that has not ended starts from this model."""


class WeightsInUse(StoreError):
    """A job that has not ended needs these weights."""


class LeaseLost(StoreError):
    """The job is no longer this worker's: stop quietly."""


class IdempotencyMismatch(StoreError):
    """This Idempotency-Key came with another request before."""


class IdempotencyInProgress(StoreError):
    """The first request with this Idempotency-Key is still being answered."""


class BlobDamaged(StoreError):
    """Stored bytes are missing or not those that were written."""


class BlobGone(BlobDamaged):
    """What these bytes belonged to was deleted since it was looked at."""
