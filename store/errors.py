"""What the store refuses.

StoreError
├── NotFound           the caller's project has no such thing
├── JobFinished        an action on a job that has ended
├── JobUnfinished      an action on a job that has not
├── DatasetInUse       a job that has not ended needs the data set
├── WeightsInUse       a job that has not ended needs the uploaded weights
├── LeaseLost          a write under a fence that is no longer the job's
├── IdempotencyMismatch, IdempotencyInProgress
└── BlobDamaged        stored bytes are not those that were written
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
