"""Tables of resumable uploads."""

from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from store.clock import now
from store.tables.base import Base, Id, Json


class Upload(Base):
    """A resumable upload: what was requested, how many bytes have arrived, and the answer once they were read.

    `fence` counts the requests that write or look: only the last one may append.
    """

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"), index=True)
    request: Mapped[dict[str, Any]]
    bytes: Mapped[int] = mapped_column(default=0)
    length: Mapped[int | None]
    fence: Mapped[int] = mapped_column(default=0)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[int] = mapped_column(default=now())
    expires_at: Mapped[int] = mapped_column(index=True)


class UploadChunk(Base):
    """Up to 1 MiB of an upload, from the byte `start` on."""

    __tablename__ = "upload_chunks"

    upload_id: Mapped[str] = mapped_column(Id, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
