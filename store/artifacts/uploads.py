"""Resumable uploads: bytes that arrive in several requests, stored as chunks until the whole file is read.

Each request raises the upload's fence, and an append names its fence: once another request has looked at the upload or
continued it, an earlier one cannot append any more. So the offset that a client received stays valid.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from store.clock import now
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot, transaction
from store.errors import NotFound, UploadInterrupted
from store.ids import ProjectId, is_id, new_id
from store.tables import Upload, UploadChunk

IS_LIVE = Upload.expires_at > now()


def create(tx: Tx, project: ProjectId, request: dict[str, Any], length: int | None, seconds: int) -> Upload:
    """Insert an upload without bytes, which expires `seconds` from now. `length`: of the whole file, if known."""
    upload = Upload(id=new_id("upl"), project_id=project, request=request, length=length)
    upload.expires_at = now() + seconds * 1000
    tx.add(upload)
    tx.flush()
    return upload


def count_unfinished(tx: Tx, project: ProjectId) -> int:
    """The number of the project's uploads whose file is not read yet."""
    query = select(func.count()).where(Upload.project_id == project, Upload.answer.is_(None), IS_LIVE)
    return tx.scalar(query) or 0


def take_over(tx: Tx, project: ProjectId, upload_id: str) -> Upload:
    """The project's upload with a new fence: earlier requests cannot append to it any more."""
    changed = (
        update(Upload)
        .where(*_owned(project, upload_id), IS_LIVE)
        .values(fence=Upload.fence + 1)
        .returning(Upload)
        .execution_options(populate_existing=True)
    )
    upload = tx.scalar(changed) if is_id(upload_id) else None
    if upload is None:
        raise _not_found(upload_id)
    return upload


def set_length(tx: Tx, upload: Upload, length: int) -> None:
    """Record the length of the whole file, which was not known before."""
    _change(tx, upload, Upload.length.is_(None), length=length)


def append(tx: Tx, upload: Upload, start: int, data: bytes, seconds: int) -> int:
    """Store bytes at the end of the upload. Returns when it now expires: `seconds` from now, in milliseconds.

    Raises:
        UploadInterrupted: another request has taken over the upload, or it was deleted.
    """
    new = {"bytes": start + len(data), "expires_at": now() + seconds * 1000}
    expires_at = _change(tx, upload, Upload.bytes == start, **new)
    tx.execute(insert(UploadChunk).values(upload_id=upload.id, start=start, data=data))
    return expires_at


def read(sessions: Sessions, upload_id: str) -> Iterator[bytes]:
    """Yield the bytes, one chunk and one short transaction at a time."""
    start = 0
    while True:
        with snapshot(sessions) as tx:
            query = select(UploadChunk.data).where(UploadChunk.upload_id == upload_id, UploadChunk.start == start)
            chunk = tx.scalar(query)
        if chunk is None:
            return
        yield chunk
        start += len(chunk)


def finish(tx: Tx, upload: Upload, answer: dict[str, Any]) -> None:
    """Store the answer to the whole upload and delete its bytes. Raises `UploadInterrupted` as `append` does."""
    _change(tx, upload, answer=answer)
    tx.execute(delete(UploadChunk).where(UploadChunk.upload_id == upload.id))


def set_answer(tx: Tx, upload: Upload, answer: dict[str, Any]) -> None:
    """Replace the answer of an upload that `tx` has finished."""
    tx.execute(update(Upload).where(Upload.id == upload.id).values(answer=answer))


def remove(tx: Tx, project: ProjectId, upload_id: str) -> None:
    """Delete an upload with its bytes."""
    deleted = delete(Upload).where(*_owned(project, upload_id)).returning(Upload.id)
    if not is_id(upload_id) or tx.scalar(deleted) is None:
        raise _not_found(upload_id)


def remove_expired(sessions: Sessions, limit: int) -> None:
    """Delete at most `limit` expired uploads with their bytes."""
    with snapshot(sessions) as tx:
        expired = tx.scalars(select(Upload.id).where(~IS_LIVE).limit(limit)).all()
    for upload_id in expired:  # one by one: each may be large
        with transaction(sessions, "expired_upload") as tx:
            tx.execute(delete(Upload).where(Upload.id == upload_id, ~IS_LIVE))


def _change(tx: Tx, upload: Upload, *conditions: ColumnElement[bool], **values: Any) -> int:
    """Change an unfinished upload that no other request has taken over; return when it expires."""
    own = (Upload.id == upload.id, Upload.fence == upload.fence, Upload.answer.is_(None))
    changed = update(Upload).where(*own, *conditions).values(**values).returning(Upload.expires_at)
    expires_at = tx.scalar(changed.execution_options(synchronize_session=False))
    if expires_at is None:
        raise UploadInterrupted(
            f"Another request has continued or deleted upload {upload.id}. Ask for its offset with HEAD, then go on."
        )
    return expires_at


def _owned(project: ProjectId, upload_id: str) -> tuple[ColumnElement[bool], ...]:
    return Upload.id == upload_id, Upload.project_id == project


def _not_found(upload_id: str) -> NotFound:
    return NotFound(f"Upload {upload_id} not found. It may have expired.")
