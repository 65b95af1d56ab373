"""Resumable uploads in the database: fences, chunks and expiry."""

import pytest
from sqlalchemy import func, select, update

from store.artifacts import uploads
from store.clock import now
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.errors import NotFound, UploadInterrupted
from store.ids import DEFAULT_PROJECT, ProjectId
from store.tables import Upload, UploadChunk


def begun(sessions: Sessions) -> Upload:
    with transaction(sessions) as tx:
        return uploads.create(tx, DEFAULT_PROJECT, {}, None, 60)


def taken_over(sessions: Sessions, upload_id: str) -> Upload:
    with transaction(sessions) as tx:
        return uploads.take_over(tx, DEFAULT_PROJECT, upload_id)


def append(sessions: Sessions, upload: Upload, start: int, data: bytes) -> None:
    with transaction(sessions) as tx:
        uploads.append(tx, upload, start, data, 60)


def chunks(sessions: Sessions) -> int:
    with snapshot(sessions) as tx:
        return tx.scalar(select(func.count()).select_from(UploadChunk)) or 0


def test_a_request_that_was_overtaken_cannot_append(sessions: Sessions) -> None:
    upload_id = begun(sessions).id
    first = taken_over(sessions, upload_id)
    append(sessions, first, 0, b"ab")
    with pytest.raises(UploadInterrupted):
        append(sessions, first, 0, b"xy")
    second = taken_over(sessions, upload_id)
    with pytest.raises(UploadInterrupted, match="Ask for its offset"):
        append(sessions, first, 2, b"xy")
    append(sessions, second, 2, b"\0d")
    assert b"".join(uploads.read(sessions, upload_id)) == b"ab\0d"
    with transaction(sessions) as tx:
        uploads.finish(tx, second, {"status": 201})
    with pytest.raises(UploadInterrupted):
        append(sessions, second, 4, b"more")
    assert (taken_over(sessions, upload_id).answer, chunks(sessions)) == ({"status": 201}, 0)


def test_uploads_belong_to_a_project_and_expire(sessions: Sessions, other_project: ProjectId) -> None:
    expired, kept = begun(sessions), begun(sessions)
    append(sessions, expired, 0, b"ab")
    with transaction(sessions) as tx:
        for change in (uploads.take_over, uploads.remove):
            with pytest.raises(NotFound):
                change(tx, other_project, kept.id)
        tx.execute(update(Upload).where(Upload.id == expired.id).values(expires_at=now()))
        assert uploads.count_unfinished(tx, DEFAULT_PROJECT) == 1
        with pytest.raises(NotFound):
            uploads.take_over(tx, DEFAULT_PROJECT, expired.id)
    uploads.remove_expired(sessions, 10)
    with snapshot(sessions) as tx:
        assert list(tx.scalars(select(Upload.id))) == [kept.id]
    assert chunks(sessions) == 0
