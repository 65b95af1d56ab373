"""Data sets: search by metadata and time, expiry, and what keeps an expired one."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from store.artifacts import blobs, datasets
from store.artifacts.datasets import DatasetFilters
from store.clock import now
from store.db.database import Sessions
from store.db.metadata_search import with_metadata
from store.db.transaction import snapshot, transaction
from store.errors import NotFound
from store.ids import DEFAULT_PROJECT, ProjectId
from store.jobs import jobs
from store.tables import Blob, Dataset, DatasetMetadata
from tests.support.store import query_plan, queue_job

PROFILE = {"format": "csv", "rows": 1, "bytes": 1, "sha256": "", "columns": [], "warnings": [], "reading": None}


def stored(sessions: Sessions, project: ProjectId = DEFAULT_PROJECT, **columns: Any) -> str:
    blob = blobs.write(sessions, [b"parquet"])
    with transaction(sessions) as tx:
        return datasets.create(tx, project, blob.id, name="a table", **PROFILE, **columns).id


def expire(sessions: Sessions, *dataset_ids: str) -> None:
    with transaction(sessions) as tx:
        tx.execute(update(Dataset).where(Dataset.id.in_(dataset_ids)).values(expires_at=now() - 1))


def found(sessions: Sessions, **filters: Any) -> list[str]:
    ids, cursor = list[str](), None
    while True:
        with snapshot(sessions) as tx:
            page = datasets.page_of(tx, DEFAULT_PROJECT, DatasetFilters(**filters), cursor, 1)
        ids += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            return ids


def test_data_sets_are_found_by_metadata_and_time_and_not_after_expiry(
    sessions: Sessions, other_project: ProjectId
) -> None:
    both, one, none = (
        stored(sessions, metadata_=metadata) for metadata in ({"team": "risk", "place": "Köln"}, {"team": "risk"}, {})
    )
    stored(sessions, other_project, metadata_={"team": "risk"})
    expired = stored(sessions, ttl_seconds=60, metadata_={"team": "risk"})
    pairs = (("team", "risk"), ("place", "Köln"))
    assert found(sessions) == [expired, none, one, both]
    expire(sessions, expired)
    assert found(sessions) == [none, one, both]
    assert found(sessions, metadata=pairs[:1]) == [one, both]
    assert found(sessions, metadata=pairs) == found(sessions, metadata=pairs[::-1]) == [both]
    with transaction(sessions) as tx:
        tx.execute(update(Dataset).where(Dataset.id == both).values(created_at=now() - 60_000))
        then = tx.scalar(select(Dataset.created_at).where(Dataset.id == both))
    assert found(sessions, created_after=then) == [none, one]
    with snapshot(sessions) as tx:
        own = select(Dataset.id).where(Dataset.project_id == DEFAULT_PROJECT)
        query = with_metadata(own, Dataset.id, DatasetMetadata.dataset_id, DEFAULT_PROJECT, pairs)
        plan = query_plan(tx, query.order_by(DatasetMetadata.dataset_id.desc()).limit(21))
    assert "ix_dataset_metadata_project_id_key_value_dataset_id" in plan
    assert not [word for word in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort") if word in plan], plan


def test_expired_data_sets_are_erased_except_those_that_unfinished_jobs_need(sessions: Sessions) -> None:
    needed, *others = (stored(sessions, ttl_seconds=60, metadata_={"team": "risk"}) for _ in range(4))
    kept = stored(sessions, ttl_seconds=60)
    job = queue_job(sessions, dataset_id=needed)
    expire(sessions, needed, *others)
    left = []
    for _ in range(3):
        datasets.remove_expired(sessions, 2)
        with snapshot(sessions) as tx:
            left.append(tx.scalar(select(func.count()).select_from(Dataset)))
    assert left == [3, 2, 2]
    with pytest.raises(NotFound, match=f"{needed} expired at 20.*Upload the file again"), transaction(sessions) as tx:
        datasets.get(tx, DEFAULT_PROJECT, needed, lock="shared")
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
    datasets.remove_expired(sessions, 2)
    with snapshot(sessions) as tx:
        assert list(tx.scalars(select(Dataset.id))) == [kept]
        assert tx.scalar(select(func.count()).select_from(Blob)) == 1
        assert tx.scalar(select(func.count()).select_from(DatasetMetadata)) == 0
