"""What the service answers: batches."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any, Literal

from backprop_client.record import Record


class BatchActual(Record):
    """What an ended batch has used, in all attempts."""

    __slots__ = ()
    seconds: float
    cpu_seconds: float


class BatchLinks(Record):
    """Paths of related resources."""

    __slots__ = ()
    self: str
    content: str | None
    """Null until the batch has succeeded."""
    model: str
    dataset: str


class BatchProgress(Record):
    """How far a batch is."""

    __slots__ = ()
    rows: int
    """Rows that are predicted."""
    fraction: float
    """From 0 to 1."""
    eta_seconds: float | None
    """Expected seconds until the end. Null if unknown."""


class BatchQueue(Record):
    """The position of a queued batch among all jobs and batches."""

    __slots__ = ()
    jobs_ahead: int
    starts_in_seconds: float | None
    """Null if unknown."""


class BatchResult(Record):
    """The file with the predictions."""

    __slots__ = ()
    bytes: int
    sha256: str


class BatchTransition(Record):
    """When a batch entered a state."""

    __slots__ = ()
    state: Literal["queued", "running", "succeeded", "failed", "canceled"]
    at: str


class Batch(Record):
    """Predictions for a whole data set."""

    __slots__ = ()
    id: str
    name: str
    state: Literal["queued", "running", "succeeded", "failed", "canceled"]
    requested: Literal["cancel"] | None
    """An action that is not carried out yet."""
    model_id: str
    dataset_id: str
    format: Literal["csv", "parquet"]
    interval: float | None
    key_columns: list[str]
    columns: list[str]
    """The columns of the result: the key columns or `row`, then the fields of a prediction, with dots."""
    ignored_columns: list[str]
    """Columns of the data set that are not read."""
    rows: int
    """Rows of the data set, each of which gets a row in the result."""
    priority: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int
    """How many workers have started the batch."""
    error: dict[str, Any] | None
    queue: BatchQueue | None
    progress: BatchProgress
    result: BatchResult | None
    actual: BatchActual | None
    transitions: list[BatchTransition]
    metadata: dict[str, str]
    links: BatchLinks
