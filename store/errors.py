"""The errors of the store, one class for each reason.

StoreError
├── NotFound             the project has no such object
├── JobFinished          an action on a job that has ended
├── JobUnfinished        an action on a job that has not ended
├── DatasetInUse         an unfinished job needs the data set
├── ModelInUse           an unfinished job starts from the model, or an alias names it
├── WeightsInUse         an unfinished job starts from the uploaded weights
├── ProjectInUse         the project is the default one, or something still belongs to it
├── LearningCurveExists  the job already has a learning curve
├── ResultMissing        the batch has not succeeded
├── WebhookDisabled      nothing is delivered to the webhook
├── UploadInterrupted    another request has continued or deleted the resumable upload
├── LeaseLost            a write under a lease that the worker no longer holds
├── IdempotencyMismatch  the Idempotency-Key was used for another request
├── IdempotencyInProgress
└── BlobDamaged          stored bytes are not those that were written
    └── BlobGone         the bytes were deleted
"""


class StoreError(Exception):
    """An error of the store; its subclasses name the reason."""


class NotFound(StoreError):
    """The object does not exist in the caller's project."""


class JobFinished(StoreError):
    """The job has already ended."""


class JobUnfinished(StoreError):
    """The job has not ended yet."""


class LearningCurveExists(StoreError):
    """The job already has a learning curve."""


class ResultMissing(StoreError):
    """The batch has no result, because it has not succeeded."""


class DatasetInUse(StoreError):
    """An unfinished job needs this data set."""


class ModelInUse(StoreError):
    """An unfinished job starts from this model, or an alias names it."""


class WeightsInUse(StoreError):
    """An unfinished job starts from these weights."""


class ProjectInUse(StoreError):
    """Something still belongs to this project."""


class WebhookDisabled(StoreError):
    """Nothing is delivered to this webhook."""


class UploadInterrupted(StoreError):
    """Another request has taken over this upload."""


class LeaseLost(StoreError):
    """This worker no longer holds the job. It must stop without writing anything."""


class IdempotencyMismatch(StoreError):
    """This Idempotency-Key was used for another request."""


class IdempotencyInProgress(StoreError):
    """The first request with this Idempotency-Key is still in progress."""


class BlobDamaged(StoreError):
    """Stored bytes are missing, or differ from those that were written."""


class BlobGone(BlobDamaged):
    """The bytes were deleted after they were looked up."""
