"""Tables of jobs, with their metadata, epochs, events and checkpoints, and of the workers that run them."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, and_, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.clock import now
from store.ids import Kind, kind_of
from store.tables.base import Base, Id, Json

# States as literals, not parameters: SQLite uses a partial index only if the statement contains its condition.
QUEUED = literal_column("'queued'", String)
RUNNING = literal_column("'running'", String)


class Job(Base):
    """What workers do: a training job or a batch of predictions, as the prefix of the id says.

    It has a spec, progress, and the worker that holds it under which fence. A batch has `base_model_id`, the model that
    predicts, and `result_blob_id` once it has succeeded.
    """

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    dataset_id: Mapped[str] = mapped_column(Id)  # no foreign key: a data set can be deleted once its jobs have ended
    validation_dataset_id: Mapped[str | None] = mapped_column(Id)  # no foreign key, for the same reason
    base_model_id: Mapped[str | None] = mapped_column(Id)  # the same
    base_weights_id: Mapped[str | None] = mapped_column(Id)  # of uploaded weights; the same
    retry_of: Mapped[str | None] = mapped_column(Id)
    learning_curve_of: Mapped[str | None] = mapped_column(Id)  # the job whose curve this one is a point of
    request_id: Mapped[str | None] = mapped_column(String(200))  # of the request that created it
    traceparent: Mapped[str | None] = mapped_column(String(55))  # of the trace that the worker continues
    name: Mapped[str]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    requested: Mapped[str | None] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(Integer, default=5)
    processes: Mapped[int] = mapped_column(Integer, default=1, server_default="1")  # slots of its worker
    spec: Mapped[dict[str, Any]]
    estimate: Mapped[dict[str, Any]]
    expected_seconds: Mapped[float | None] = mapped_column(Float)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    version: Mapped[int] = mapped_column(default=1)
    events: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    fence: Mapped[int] = mapped_column(default=0)
    worker_id: Mapped[str | None] = mapped_column(Id)
    lease_until: Mapped[int | None]
    checkpoint_id: Mapped[str | None] = mapped_column(Id)
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    epochs: Mapped[int] = mapped_column(Integer)
    fraction: Mapped[float] = mapped_column(Float, default=0.0)
    eta_seconds: Mapped[float | None] = mapped_column(Float)
    ran_seconds: Mapped[float] = mapped_column(Float, default=0.0)  # of all attempts, as last recorded
    cpu_seconds: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")  # the same
    peak_bytes: Mapped[int | None]  # of memory, in the attempt that needed most
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    best: Mapped[dict[str, Any] | None] = mapped_column(Json)
    range_test: Mapped[dict[str, Any] | None] = mapped_column(Json)
    stop_reason: Mapped[str | None] = mapped_column(String(16))
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    model_id: Mapped[str | None] = mapped_column(Id)
    weights_blob_id: Mapped[str | None] = mapped_column(Id, ForeignKey("blobs.id"), index=True)
    result_blob_id: Mapped[str | None] = mapped_column(Id, ForeignKey("blobs.id"), index=True)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    bit_exact: Mapped[bool] = mapped_column(default=True)
    transitions: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[int] = mapped_column(default=now())
    updated_at: Mapped[int] = mapped_column(default=now())
    started_at: Mapped[int | None]
    claimed_at: Mapped[int | None] = mapped_column(index=True)
    finished_at: Mapped[int | None]

    @property
    def kind(self) -> Kind:
        """What the worker does."""
        return kind_of(self.id)

    __table_args__ = (
        Index(None, "project_id", "id"),
        Index(None, "project_id", "state", "id"),
    )


class JobMetadata(Base):
    """A key and value of a job's metadata, by which the jobs of a project are searched."""

    __tablename__ = "job_metadata"

    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(512))
    project_id: Mapped[str] = mapped_column(Id)

    __table_args__ = (Index(None, "project_id", "key", "value", "job_id"),)


IS_QUEUED = Job.state == QUEUED
IS_RUNNING = Job.state == RUNNING
IS_JOB = and_(Job.id >= "job", Job.id < "joc")  # by the prefix of the id
IS_BATCH = and_(Job.id >= "bat", Job.id < "bau")
IS_UNFINISHED = Job.finished_at.is_(None)
HAS_SEVERAL_PROCESSES = Job.processes > literal_column("1", Integer)
HAS_CHECKPOINT = Job.checkpoint_id.is_not(None)

Index(
    "ix_jobs_queued",
    Job.priority,
    Job.project_id,
    Job.created_at,
    Job.id,
    Job.expected_seconds,  # not searched, but read from the index
    postgresql_where=IS_QUEUED,
    sqlite_where=IS_QUEUED,
)
Index(
    "ix_jobs_going_on",
    Job.checkpoint_id,
    postgresql_where=IS_QUEUED & HAS_CHECKPOINT,
    sqlite_where=IS_QUEUED & HAS_CHECKPOINT,
)
Index(
    "ix_jobs_parallel",
    Job.processes,
    postgresql_where=IS_QUEUED & HAS_SEVERAL_PROCESSES,
    sqlite_where=IS_QUEUED & HAS_SEVERAL_PROCESSES,
)
for _column in (
    Job.dataset_id,
    Job.validation_dataset_id,
    Job.base_model_id,
    Job.base_weights_id,
):  # what unfinished jobs need
    Index(
        f"ix_jobs_unfinished_{_column.key}",
        _column,
        postgresql_where=IS_UNFINISHED,
        sqlite_where=IS_UNFINISHED,
    )
Index(
    "ix_jobs_learning_curve_of",
    Job.learning_curve_of,
    postgresql_where=Job.learning_curve_of.is_not(None),
    sqlite_where=Job.learning_curve_of.is_not(None),
)
Index("ix_jobs_running", Job.project_id, postgresql_where=IS_RUNNING, sqlite_where=IS_RUNNING)


class Epoch(Base):
    """The metrics of one epoch of a job. It is also an event of the job and has an event number."""

    __tablename__ = "epochs"

    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int]
    metrics: Mapped[dict[str, Any]]
    layers: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )  # for each layer, the numbers of the fields of `EpochLayers`
    at: Mapped[int] = mapped_column(default=now())

    __table_args__ = (Index(None, "job_id", "number"),)


class EpochLayers(Base):
    """What the numbers in `Epoch.layers` are, once per job: their fields, and the label of each layer."""

    __tablename__ = "epoch_layers"

    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[list[Any]]
    labels: Mapped[list[Any]]


class Event(Base):
    """An event of a job other than a finished epoch. Events and epochs share one numbering, in commit order."""

    __tablename__ = "events"

    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]]
    at: Mapped[int] = mapped_column(default=now())


class Checkpoint(Base):
    """A saved state of a training run from which it can continue."""

    __tablename__ = "checkpoints"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    blob_id: Mapped[str] = mapped_column(Id, ForeignKey("blobs.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(default=now())


class LearningCurve(Base):
    """The learning curve of a job, measured by `metric`. Its points are the jobs with this `learning_curve_of`."""

    __tablename__ = "learning_curves"

    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    metric: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[int] = mapped_column(default=now())


class Worker(Base):
    """A worker process, and the time of its last heartbeat."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    slots: Mapped[int] = mapped_column(Integer, default=1)
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[str] = mapped_column(default="", server_default="")
    speed: Mapped[dict[str, Any] | None] = mapped_column(Json)  # how fast its machine computes, as it measured
    started_at: Mapped[int] = mapped_column(default=now())
    seen_at: Mapped[int] = mapped_column(default=now(), index=True)
