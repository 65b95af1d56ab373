"""The tables of the database, one file per folder of the store. Importing this package registers all of them."""

from store.tables.accounts import ApiKey, AuditEntry, Deletion, IdempotencyKey, Project, Usage, UsageEntry
from store.tables.artifacts import Alias, Blob, BlobChunk, Dataset, DatasetMetadata, Model, Weights
from store.tables.base import Base, Id, Json, table_of
from store.tables.jobs import (
    HAS_CHECKPOINT,
    IS_BATCH,
    IS_JOB,
    IS_QUEUED,
    IS_RUNNING,
    IS_UNFINISHED,
    QUEUED,
    RUNNING,
    Checkpoint,
    Epoch,
    Event,
    Job,
    JobMetadata,
    Worker,
)
from store.tables.uploads import Upload, UploadChunk
from store.tables.webhooks import IS_PENDING, Webhook, WebhookDelivery

__all__ = [
    "HAS_CHECKPOINT",
    "IS_BATCH",
    "IS_JOB",
    "IS_PENDING",
    "IS_QUEUED",
    "IS_RUNNING",
    "IS_UNFINISHED",
    "QUEUED",
    "RUNNING",
    "Alias",
    "ApiKey",
    "AuditEntry",
    "Base",
    "Blob",
    "BlobChunk",
    "Checkpoint",
    "Dataset",
    "DatasetMetadata",
    "Deletion",
    "Epoch",
    "Event",
    "Id",
    "IdempotencyKey",
    "Job",
    "JobMetadata",
    "Json",
    "Model",
    "Project",
    "Upload",
    "UploadChunk",
    "Usage",
    "UsageEntry",
    "Webhook",
    "WebhookDelivery",
    "Weights",
    "Worker",
    "table_of",
]
