"""Tables of projects: their API keys, the answers to their requests, who did what in them, and what they used."""

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from store.clock import now
from store.tables.base import Base, Id, Json


class Project(Base):
    """The owner of data sets, jobs and models."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    retention_days: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[int] = mapped_column(default=now())


class ApiKey(Base):
    """An API key, stored as its HMAC-SHA256."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    name: Mapped[str]
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]
    created_at: Mapped[int] = mapped_column(default=now())
    expires_at: Mapped[int | None]
    revoked_at: Mapped[int | None]
    last_used_at: Mapped[int | None]

    __table_args__ = (Index(None, "project_id", "id"),)


class IdempotencyKey(Base):
    """The first answer to a request with an `Idempotency-Key`."""

    __tablename__ = "idempotency_keys"

    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[dict[str, Any] | None] = mapped_column(Json)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[int] = mapped_column(default=now(), index=True)


class AuditEntry(Base):
    """Who did what. It stays when its project, its key or its resource is deleted."""

    __tablename__ = "audit_entries"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str | None] = mapped_column(Id)  # null: nobody that the service knows
    actor: Mapped[str] = mapped_column(String(16))
    key_id: Mapped[str | None] = mapped_column(Id)
    name: Mapped[str | None]  # of the key or of the user
    operation: Mapped[str] = mapped_column(String(64))
    resource_id: Mapped[str | None] = mapped_column(Id)
    status: Mapped[int | None] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(16))
    count: Mapped[int] = mapped_column(default=1)
    request_id: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(default=now())

    __table_args__ = (Index(None, "project_id", "id"), Index(None, "resource_id", "id"))


class Usage(Base):
    """How much of something a project used on a day, counted from 1970 (UTC)."""

    __tablename__ = "usage"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True)
    metric: Mapped[str] = mapped_column(String(32), primary_key=True)
    amount: Mapped[float] = mapped_column(Float)


class UsageEntry(Base):
    """What one job or upload used on a day, until the scheduler adds it to `usage`: many can be written at once."""

    __tablename__ = "usage_entries"

    source_id: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True)
    metric: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str] = mapped_column(Id)
    amount: Mapped[float] = mapped_column(Float)

    __table_args__ = (Index(None, "project_id", "day"),)


class Deletion(Base):
    """A deletion that the scheduler carries out batch by batch; `position` is the last id that it looked at."""

    __tablename__ = "deletions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    filters: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    position: Mapped[str | None] = mapped_column(Id)
    deleted: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[int] = mapped_column(default=now())
    started_at: Mapped[int | None]
    finished_at: Mapped[int | None] = mapped_column(index=True)

    __table_args__ = (Index(None, "project_id", "id"),)
