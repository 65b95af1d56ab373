"""Tables of webhooks and their deliveries. A delivery is also the record of what must still be sent."""

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from store.clock import now
from store.tables.base import Base, Id

PENDING = literal_column("'pending'", String)  # a literal, so that SQLite uses the partial index


class Webhook(Base):
    """A URL of a project that receives events. Its secrets are encrypted."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    url: Mapped[str]
    host: Mapped[str]  # of the URL, with the port: the limit of parallel deliveries is per host
    description: Mapped[str]
    events: Mapped[list[Any]]
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(String(16))
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_until: Mapped[int | None]  # until then, requests are also signed with the previous secret
    failing_since: Mapped[int | None]  # the first failure since the last success
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[int] = mapped_column(default=now())
    updated_at: Mapped[int] = mapped_column(default=now())

    __table_args__ = (Index(None, "project_id", "id"),)


class WebhookDelivery(Base):
    """One event for one webhook: the body to send, and how the last attempt ended.

    While it is pending, `next_at` says when it is due. A process that takes it moves `next_at` to the end of its lease
    and raises `fence`, which guards its result.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    webhook_id: Mapped[str] = mapped_column(Id, ForeignKey("webhooks.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(Id)
    type: Mapped[str] = mapped_column(String(32))
    body: Mapped[str]
    traceparent: Mapped[str | None] = mapped_column(String(55))
    state: Mapped[str] = mapped_column(String(16), default="pending")
    attempt: Mapped[int] = mapped_column(Integer, default=0)  # since the event or the last replay
    fence: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[int | None] = mapped_column(default=now())
    attempted_at: Mapped[int | None]
    seconds: Mapped[float | None] = mapped_column(Float)
    status: Mapped[int | None] = mapped_column(Integer)
    response: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[int] = mapped_column(default=now())

    __table_args__ = (
        Index(None, "webhook_id", "id"),
        Index(None, "webhook_id", "state", "id"),
    )


IS_PENDING = WebhookDelivery.state == PENDING

Index(
    "ix_webhook_deliveries_due",
    WebhookDelivery.webhook_id,
    WebhookDelivery.next_at,
    postgresql_where=IS_PENDING,
    sqlite_where=IS_PENDING,
)
