"""Erase many ended jobs at once: those of a deletion that an owner asked for, and those whose retention has ended.

Everything of a job goes: events, metrics, checkpoints, its model and their bytes. A job stays if an unfinished job
starts from its model or an alias names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, literal, select, update

from store.artifacts import aliases, blobs
from store.clock import now
from store.db.metadata_search import Pairs, created_after, with_metadata
from store.db.pages import Page, page
from store.db.transaction import Tx
from store.errors import NotFound
from store.ids import PREFIXES, DeletionId, JobId, Kind, ProjectId, first_id, is_id, new_id
from store.jobs.states import TERMINAL
from store.tables import IS_UNFINISHED, Checkpoint, Deletion, Job, JobMetadata, Model, Project

JOBS = "jobs"  # the only kind of deletion so far
DAY_MILLISECONDS = 86_400_000
KEEP_MILLISECONDS = 30 * DAY_MILLISECONDS  # how long the description of a finished deletion is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Which jobs were erased, and how many had to stay."""

    jobs: Sequence[JobId]
    kept: int


def create(tx: Tx, project: ProjectId, filters: dict[str, Any]) -> Deletion:
    """Insert a deletion of the ended jobs that match the filters now."""
    deletion = Deletion(id=new_id("del"), project_id=project, kind=JOBS, filters=filters)
    tx.add(deletion)
    tx.flush()
    tx.refresh(deletion)
    return deletion


def get(tx: Tx, project: ProjectId, deletion_id: str) -> Deletion:
    """The project's deletion. Raises `NotFound`."""
    query = select(Deletion).where(Deletion.id == deletion_id, Deletion.project_id == project)
    deletion = tx.scalar(query) if is_id(deletion_id) else None
    if deletion is None:
        raise NotFound(f"Deletion {deletion_id} not found.")
    return deletion


def page_of(tx: Tx, project: ProjectId, cursor: str | None, limit: int) -> Page[Deletion]:
    """The project's deletions, newest first."""
    return page(tx, select(Deletion).where(Deletion.project_id == project), Deletion.id, cursor, limit)


def next_unfinished(tx: Tx) -> DeletionId | None:
    """The deletion that was worked on least recently; None if all are finished."""
    waiting = select(Deletion.id).where(Deletion.finished_at.is_(None)).order_by(Deletion.deleted, Deletion.id)
    found = tx.scalar(waiting.limit(1))
    return None if found is None else DeletionId(found)


def carry_on(tx: Tx, deletion_id: DeletionId, limit: int) -> Erased:
    """Erase the next `limit` jobs of a deletion, and note how far it is. Schedulers wait for each other."""
    query = select(Deletion).where(Deletion.id == deletion_id, Deletion.finished_at.is_(None)).with_for_update()
    deletion = tx.scalar(query, execution_options={"populate_existing": True})
    if deletion is None:
        return Erased(jobs=(), kept=0)
    batch = list(tx.scalars(_matching(deletion).limit(limit)))
    erased = erase(tx, batch)
    progress: dict[str, Any] = {
        "deleted": Deletion.deleted + len(erased.jobs),
        "kept": Deletion.kept + erased.kept,
        "position": batch[-1] if batch else deletion.position,
        "state": "running",
        "started_at": func.coalesce(Deletion.started_at, now()),
    }
    if len(batch) < limit:
        progress |= {"state": "succeeded", "finished_at": now()}
    tx.execute(update(Deletion).where(Deletion.id == deletion_id).values(**progress))
    return erased


def outdated(tx: Tx, project: ProjectId, days: int, kind: Kind, after: str, limit: int) -> list[JobId]:  # noqa: PLR0913, PLR0917 - a page
    """At most `limit` jobs or batches of a project, with ids after `after`, that ended more than `days` days ago.

    The walk over the index of the project ends at the first job that is too new to have ended by then.
    """
    cutoff = now() - days * DAY_MILLISECONDS
    newest, prefix = first_id(PREFIXES[kind], (tx.scalar(select(cutoff)) or 0) + 1), f"{PREFIXES[kind]}_"
    between = (Job.id > max(after, prefix), Job.id < newest)
    query = select(Job.id).where(Job.project_id == project, *between, Job.finished_at < cutoff)
    return [JobId(job_id) for job_id in tx.scalars(query.order_by(Job.id).limit(limit))]


def retentions(tx: Tx, default_days: int) -> list[tuple[ProjectId, int]]:
    """The projects whose jobs have a retention, with its days."""
    days = func.coalesce(Project.retention_days, literal(default_days))
    rows = tx.execute(select(Project.id, days).where(days > 0).order_by(Project.id))
    return [(ProjectId(project), int(kept)) for project, kept in rows]


def erase(tx: Tx, job_ids: Sequence[str]) -> Erased:
    """Erase those of these jobs that have ended, except those whose models are needed."""
    models = {row.id: row for row in tx.execute(_models_of(job_ids))}
    needed = set(tx.scalars(select(Job.base_model_id).where(Job.base_model_id.in_(list(models)), IS_UNFINISHED)))
    needed |= aliases.names_of(tx, list(models)).keys()
    kept = {models[model_id].job_id for model_id in needed}
    ended = select(Job.id, Job.weights_blob_id, Job.result_blob_id).where(Job.id.in_(job_ids), Job.state.in_(TERMINAL))
    rows = [row for row in tx.execute(ended.order_by(Job.id).with_for_update()) if row.id not in kept]
    erased = [JobId(row.id) for row in rows]
    bytes_of = [blob for row in rows for blob in (row.weights_blob_id, row.result_blob_id) if blob]
    bytes_of += [model.blob_id for model in models.values() if model.job_id not in kept]
    bytes_of += tx.scalars(select(Checkpoint.blob_id).where(Checkpoint.job_id.in_(erased)))
    for table, column in ((Model, Model.job_id), (Job, Job.id)):
        tx.execute(delete(table).where(column.in_(erased)).execution_options(synchronize_session=False))
    blobs.remove(tx, bytes_of)
    return Erased(jobs=erased, kept=len(kept))


def forget_finished(tx: Tx, limit: int) -> None:
    """Delete at most `limit` descriptions of deletions that were finished long ago."""
    old = select(Deletion.id).where(Deletion.finished_at < now() - KEEP_MILLISECONDS).limit(limit)
    tx.execute(delete(Deletion).where(Deletion.id.in_(old)).execution_options(synchronize_session=False))


def _models_of(job_ids: Sequence[str]) -> Any:
    """Lock the models of jobs, so that no job can be queued in between that starts from one."""
    columns = select(Model.id, Model.job_id, Model.blob_id).where(Model.job_id.in_(job_ids))
    return columns.order_by(Model.id).with_for_update()


def _matching(deletion: Deletion) -> Select[Any]:
    """The ids of the jobs that matched when the deletion was created, from its position on, oldest first."""
    filters = deletion.filters
    states = [filters["state"]] if filters.get("state") else list(TERMINAL)
    query = select(Job.id).where(
        Job.project_id == deletion.project_id,
        Job.state.in_(states),
        Job.id > (deletion.position or "job_"),
        Job.id < first_id("job", deletion.created_at + 1),
        Job.finished_at <= deletion.created_at,
    )
    query = created_after(query, Job.id, filters.get("created_after"))
    if (before := filters.get("created_before")) is not None:
        query = query.where(Job.created_at < before)
    pairs: Pairs = tuple((filters.get("metadata") or {}).items())
    if pairs:
        query = with_metadata(query, Job.id, JobMetadata.job_id, ProjectId(deletion.project_id), pairs)
    return query.order_by(Job.id)
