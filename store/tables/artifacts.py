"""Tables of blobs, and of the data sets, weights and models whose bytes they hold."""

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from store.clock import now
from store.tables.base import Base, Id, Json


class Blob(Base):
    """Bytes, written once, referenced by one row; `sha256` is null until all are written.

    They are in chunks in the database, or, if `is_object`, an object of that name in object storage.
    """

    __tablename__ = "blobs"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    bytes: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    is_object: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[int] = mapped_column(default=now())


class DeletedObject(Base):
    """The object of a deleted blob, which is to be deleted from object storage."""

    __tablename__ = "deleted_objects"

    id: Mapped[str] = mapped_column(Id, primary_key=True)


class BlobChunk(Base):
    """Up to 1 MiB of a blob."""

    __tablename__ = "blob_chunks"

    blob_id: Mapped[str] = mapped_column(Id, ForeignKey("blobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Dataset(Base):
    """An uploaded table: its profile, and its canonical Parquet as a blob."""

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    name: Mapped[str]
    format: Mapped[str] = mapped_column(String(16))
    rows: Mapped[int]
    bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    columns: Mapped[list[Any]]
    warnings: Mapped[list[Any]]
    reading: Mapped[dict[str, Any] | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    blob_id: Mapped[str] = mapped_column(Id, ForeignKey("blobs.id"), index=True)
    created_at: Mapped[int] = mapped_column(default=now())
    expires_at: Mapped[int | None]

    __table_args__ = (Index(None, "project_id", "id"),)


Index(
    "ix_datasets_expires_at",
    Dataset.expires_at,
    postgresql_where=Dataset.expires_at.is_not(None),
    sqlite_where=Dataset.expires_at.is_not(None),
)


class DatasetMetadata(Base):
    """A key and value of a data set's metadata, by which the data sets of a project are searched."""

    __tablename__ = "dataset_metadata"

    dataset_id: Mapped[str] = mapped_column(Id, ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(512))
    project_id: Mapped[str] = mapped_column(Id)

    __table_args__ = (Index(None, "project_id", "key", "value", "dataset_id"),)


class Weights(Base):
    """An uploaded safetensors file from which jobs can start: its tensors, and its bytes as a blob."""

    __tablename__ = "weights"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    name: Mapped[str]
    bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    tensors: Mapped[list[Any]]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    blob_id: Mapped[str] = mapped_column(Id, ForeignKey("blobs.id"), index=True)
    created_at: Mapped[int] = mapped_column(default=now())

    __table_args__ = (Index(None, "project_id", "id"),)


class Model(Base):
    """A trained network: how it was made, its metrics, and its weights as a blob (safetensors).

    `output_layers`: the output layers as they were trained (safetensors), if those of the blob contain the units of the
    target. `backpropagation`: one measured training step, for the report. Models of version 0.1.0 have neither.
    """

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id"), unique=True)
    dataset_id: Mapped[str] = mapped_column(Id)
    base_model_id: Mapped[str | None] = mapped_column(Id)
    base_weights_id: Mapped[str | None] = mapped_column(Id)
    name: Mapped[str]
    architecture: Mapped[dict[str, Any]]
    preprocessing: Mapped[dict[str, Any]]
    metrics: Mapped[dict[str, Any]]
    evaluation: Mapped[dict[str, Any] | None] = mapped_column(Json)
    contributions: Mapped[dict[str, Any] | None] = mapped_column(Json)
    backpropagation: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)
    parameters: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    blob_id: Mapped[str] = mapped_column(Id, ForeignKey("blobs.id"), index=True)
    output_layers: Mapped[bytes | None] = mapped_column(deferred=True)
    created_at: Mapped[int] = mapped_column(default=now())

    __table_args__ = (Index(None, "project_id", "id"),)


class Alias(Base):
    """A name of a project for a model, which can be moved to another model.

    `version`: counts the moves, from 1. `previous_model_id`: the model before the last move.
    """

    __tablename__ = "aliases"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    name: Mapped[str] = mapped_column(String(128))
    model_id: Mapped[str] = mapped_column(Id, ForeignKey("models.id"), index=True)
    previous_model_id: Mapped[str | None] = mapped_column(Id)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[int] = mapped_column(default=now())
    updated_at: Mapped[int] = mapped_column(default=now())

    __table_args__ = (UniqueConstraint("project_id", "name"), Index(None, "project_id", "id"))
