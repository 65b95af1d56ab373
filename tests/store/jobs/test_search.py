"""Job search: filters hold on every page and use the indexes of the project."""

import pytest
from sqlalchemy import func, select, update

from store.artifacts.references import unfinished_jobs
from store.clock import now
from store.db.database import Sessions
from store.db.metadata_search import with_metadata
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, ProjectId
from store.jobs import jobs, search
from store.jobs.search import JobFilters
from store.tables import Job, JobMetadata
from tests.support.store import query_plan, queue_job


def found(sessions: Sessions, limit: int = 100, **sought: object) -> list[str]:
    """The ids on all pages."""
    ids, cursor = list[str](), None
    while True:
        with snapshot(sessions) as tx:
            page = search.page_of(tx, DEFAULT_PROJECT, JobFilters(**sought), cursor, limit)  # type: ignore[arg-type]
        ids += [job.id for job in page.rows]
        assert len(page.rows) <= limit
        cursor = page.next_cursor
        if cursor is None:
            return ids


@pytest.fixture
def listed(sessions: Sessions, other_project: ProjectId) -> list[str]:
    """Jobs with metadata, newest first; a job of another project is not included."""
    about = [
        {"team": "risk", "place": "Köln"},
        {"team": "risk"},
        {},
        {"team": "sales", "place": "Köln"},
        {"team": "risk", "place": "Köln", 'a "key".$[0]%': "a 'value' %_"},
    ]
    ids = [queue_job(sessions, metadata_=metadata).id for metadata in about]
    queue_job(sessions, other_project, metadata_={"team": "risk"})
    return ids[::-1]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_jobs_are_found_by_metadata_on_every_page_size(sessions: Sessions, listed: list[str], limit: int) -> None:
    assert found(sessions, limit) == listed
    assert found(sessions, limit, metadata=(("team", "risk"),)) == [listed[0], listed[3], listed[4]]
    both = (("team", "risk"), ("place", "Köln"))
    assert (
        found(sessions, limit, metadata=both) == found(sessions, limit, metadata=both[::-1]) == [listed[0], listed[4]]
    )
    assert found(sessions, limit, metadata=(('a "key".$[0]%', "a 'value' %_"),)) == [listed[0]]
    for nothing in ((("team", "ris"),), (("Team", "risk"),), (("team", "risk"), ("team", "sales")), (("%", "%"),)):
        assert found(sessions, limit, metadata=nothing) == []


def test_filters_combine(sessions: Sessions, listed: list[str]) -> None:
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, listed[3])
    assert found(sessions, metadata=(("team", "risk"),), state="queued") == [listed[0], listed[4]]
    assert found(sessions, state="canceled") == [listed[3]]


def test_jobs_are_found_by_creation_time(sessions: Sessions, listed: list[str]) -> None:
    with transaction(sessions) as tx:
        tx.execute(update(Job).where(Job.id.in_(listed[2:])).values(created_at=now() - 60_000))
        then = tx.scalar(select(func.max(Job.created_at)).where(Job.id.in_(listed[2:])))
        last = tx.scalar(select(func.max(Job.created_at)))
    assert then is not None
    assert found(sessions, created_after=then) == listed[:2]
    assert found(sessions, created_after=then - 30_000, limit=2) == listed
    assert found(sessions, created_after=last) == []
    assert found(sessions, created_after=-(10**14), metadata=(("team", "sales"),)) == [listed[1]]


def test_metadata_of_a_deleted_job_is_deleted(sessions: Sessions, listed: list[str]) -> None:
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, listed[0])
        jobs.remove(tx, DEFAULT_PROJECT, listed[0])
    with snapshot(sessions) as tx:
        assert tx.scalar(select(func.count()).where(JobMetadata.job_id == listed[0])) == 0
    assert found(sessions, metadata=(("team", "risk"),)) == [listed[3], listed[4]]


def test_search_by_metadata_uses_the_index_without_sorting(sessions: Sessions, listed: list[str]) -> None:
    pairs = (("team", "risk"), ("place", "Köln"))
    with snapshot(sessions) as tx:
        own = select(Job.id).where(Job.project_id == DEFAULT_PROJECT)
        query = with_metadata(own, Job.id, JobMetadata.job_id, DEFAULT_PROJECT, pairs)
        plan = query_plan(tx, query.where(JobMetadata.job_id < listed[0]).order_by(JobMetadata.job_id.desc()).limit(21))
    assert "ix_job_metadata_project_id_key_value_job_id" in plan
    assert not [word for word in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort") if word in plan], plan


@pytest.mark.usefixtures("listed")
def test_jobs_in_a_state_are_found_in_an_index(sessions: Sessions) -> None:
    query = select(Job.id).where(Job.project_id == DEFAULT_PROJECT, Job.state == "paused").order_by(Job.id.desc())
    with snapshot(sessions) as tx:
        plan = query_plan(tx, query.limit(21))
    assert "ix_jobs_project_id_state_id" in plan


@pytest.mark.usefixtures("listed")
def test_unfinished_jobs_that_need_a_data_set_are_found_in_an_index(sessions: Sessions) -> None:
    with snapshot(sessions) as tx:
        plan = query_plan(tx, unfinished_jobs(Job.dataset_id, "ds_1"))
        is_postgresql = tx.get_bind().dialect.name == "postgresql"  # for a few rows, it uses any index
    assert is_postgresql or "ix_jobs_unfinished_dataset_id" in plan
