"""The running worker processes, for readiness checks and for claims."""

from collections import defaultdict
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, bindparam, delete, func, select

from store.clock import now
from store.db.transaction import Tx
from store.ids import JobId, ProjectId, WorkerId, new_id
from store.tables import IS_RUNNING, Job, Worker

KEEP_MILLISECONDS = 86_400_000  # a day
ID_LENGTH = len(new_id("wrk"))  # the id of a process begins with that of its worker
LIVE_HEARTBEATS = 3  # a worker that missed so many counts as dead

SLOTS = select(func.coalesce(func.sum(Worker.slots), 0)).where(
    Worker.seen_at > now() - bindparam("milliseconds", type_=BigInteger)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """A worker process: where it runs, how many jobs it runs at once, and its numeric fingerprint."""

    id: WorkerId
    host: str
    pid: int
    slots: int
    fingerprint: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """A job that a worker runs; `since` is the time of its claim."""

    id: JobId
    project: ProjectId
    epoch: int
    epochs: int
    fraction: float
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWorker:
    """A worker that sent a heartbeat recently, and what it runs; times are milliseconds since 1970."""

    info: WorkerInfo
    started_at: int
    seen_at: int
    running: list[RunningJob]


def process_id(worker_id: WorkerId, pid: int) -> WorkerId:
    """The id under which a process of a worker claims jobs: that of the worker, then the process in hexadecimal."""
    return WorkerId(f"{worker_id}{pid:08x}")


def record_heartbeat(tx: Tx, worker: WorkerInfo) -> None:
    """Note that a worker is alive."""
    row = tx.get(Worker, worker.id)
    if row is None:
        tx.add(Worker(**asdict(worker)))
    else:
        row.seen_at = now()


def remove(tx: Tx, worker_id: WorkerId) -> None:
    """Delete a worker that has ended."""
    tx.execute(delete(Worker).where(Worker.id == worker_id))


def count_live(tx: Tx, within_seconds: float) -> int:
    """How many workers sent a heartbeat in the last `within_seconds`."""
    recent = Worker.seen_at > now() - int(within_seconds * 1000)
    return tx.scalar(select(func.count()).select_from(Worker).where(recent)) or 0


def live(tx: Tx, within_seconds: float) -> list[LiveWorker]:
    """The workers with a heartbeat in the last `within_seconds`, in the order of their starts."""
    running = defaultdict[str, list[RunningJob]](list)
    columns = (Job.id, Job.project_id, Job.epoch, Job.epochs, Job.fraction, Job.claimed_at, Job.worker_id)
    for job_id, project, epoch, epochs, fraction, since, worker_id in tx.execute(select(*columns).where(IS_RUNNING)):
        running[(worker_id or "")[:ID_LENGTH]].append(
            RunningJob(
                id=JobId(job_id),
                project=ProjectId(project),
                epoch=epoch,
                epochs=epochs,
                fraction=fraction,
                since=since,
            )
        )
    recent = select(Worker).where(Worker.seen_at > now() - int(within_seconds * 1000)).order_by(Worker.id)
    return [_live(row, running[row.id]) for row in tx.scalars(recent)]


def slots(tx: Tx, within_seconds: float) -> int:
    """How many jobs the workers with a heartbeat in the last `within_seconds` can run at once."""
    return tx.scalar(SLOTS, {"milliseconds": int(within_seconds * 1000)}) or 0


def free_slots(tx: Tx, within_seconds: float) -> int:
    """How many more jobs those workers could run. Jobs of workers that have just died still count as running."""
    running = tx.scalar(select(func.count()).select_from(Job).where(IS_RUNNING)) or 0
    return max(slots(tx, within_seconds) - running, 0)


def delete_old(tx: Tx, limit: int) -> None:
    """Delete at most `limit` workers without a heartbeat for a day."""
    old = select(Worker.id).where(Worker.seen_at < now() - KEEP_MILLISECONDS).limit(limit)
    tx.execute(delete(Worker).where(Worker.id.in_(old)).execution_options(synchronize_session=False))


def _live(row: Worker, running: list[RunningJob]) -> LiveWorker:
    info = WorkerInfo(
        id=WorkerId(row.id),
        host=row.host,
        pid=row.pid,
        slots=row.slots,
        fingerprint=row.fingerprint,
        version=row.version,
    )
    return LiveWorker(info=info, started_at=row.started_at, seen_at=row.seen_at, running=running)
