"""What the service answers: access."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Literal

from backprop_client.record import Record


class Actor(Record):
    """Who acted: an API key, somebody without a valid key, a command of the operator, or the service itself."""

    __slots__ = ()
    type: Literal["key", "anonymous", "command_line", "service"]
    key_id: str | None
    name: str | None
    """The name of the key, or of the user who ran the command."""


class AuditEntry(Record):
    """Who did what, when and from where."""

    __slots__ = ()
    id: str
    at: str
    project_id: str | None
    """The project that was changed. Null: unknown, as for an invalid key."""
    actor: Actor
    operation: str
    resource_id: str | None
    outcome: Literal["succeeded", "denied"]
    status: int | None
    """The HTTP status of the answer."""
    count: int
    """How many times the same was denied, or how many jobs were erased at once."""
    request_id: str | None
    """The request, or the first of several that were denied."""
    address: str | None


class CreatedKey(Record):
    """A new API key with its secret text."""

    __slots__ = ()
    id: str
    name: str
    project_id: str
    scopes: list[Literal["read", "write", "admin"]]
    """What the key permits: `read` (get, list, predict), `write` (create, change, delete), `admin` (projects, keys,
    workers, audit log).
    """
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    """Accurate to about a minute."""
    key: str | None
    """The text to send as `Authorization: Bearer …`. It is shown in this response only; a response that is repeated
    for an Idempotency-Key has null.
    """


class JobCounts(Record):
    """Numbers of jobs."""

    __slots__ = ()
    created: int
    succeeded: int
    failed: int
    canceled: int


class Key(Record):
    """An API key without its secret text."""

    __slots__ = ()
    id: str
    name: str
    project_id: str
    scopes: list[Literal["read", "write", "admin"]]
    """What the key permits: `read` (get, list, predict), `write` (create, change, delete), `admin` (projects, keys,
    workers, audit log).
    """
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    """Accurate to about a minute."""


class Project(Record):
    """A project: the owner of keys, data sets, jobs, models and weights."""

    __slots__ = ()
    id: str
    name: str
    retention_days: int | None
    created_at: str


class RunningJob(Record):
    """A job or a batch that a worker runs."""

    __slots__ = ()
    job_id: str | None
    """Null for a batch of predictions."""
    batch_id: str | None
    """Null for a training job."""
    project_id: str
    epoch: int
    epochs: int
    """0 for a batch."""
    fraction: float
    """How much is done, from 0 to 1."""
    since: str | None
    """When the worker took the job."""


class UsagePage(Record):
    """Usage by project and time, the oldest first."""

    __slots__ = ()
    data: list[Usage]


class Usage(Record):
    """What a project used on a day, in a month or in the whole period."""

    __slots__ = ()
    project_id: str
    start: str
    """The first day, in UTC."""
    end: str
    """The last day, in UTC."""
    cpu_seconds: float
    """CPU time of training and of batches."""
    jobs: JobCounts
    prediction_rows: int
    """Rows predicted by requests and by batches."""
    uploaded_bytes: int
    """Size of the uploaded data sets and weights."""
    stored_bytes: int
    """The most bytes that data sets, weights, models and results of batches had at a time."""


class Worker(Record):
    """A live worker."""

    __slots__ = ()
    id: str
    host: str
    pid: int
    version: str
    """The version of its software."""
    slots: int
    """How many jobs it runs at a time."""
    busy_slots: int
    """How many jobs it runs now."""
    fingerprint: str
    """Workers with equal numeric fingerprints give bit-identical results."""
    started_at: str
    seen_at: str
    """The time of its last heartbeat."""
    running: list[RunningJob]
    """The jobs that it runs: those of all projects with a key of the default project, else your own."""


class Workers(Record):
    """The live workers, in the order of their starts."""

    __slots__ = ()
    data: list[Worker]
