"""The running worker processes, for readiness checks and for claims."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select

from store.clock import now
from store.db.transaction import Tx
from store.ids import WorkerId
from store.tables import IS_RUNNING, Job, Worker

KEEP_MILLISECONDS = 86_400_000  # a day
LIVE_HEARTBEATS = 3  # a worker that missed so many counts as dead


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """A worker process: where it runs, how many jobs it runs at once, and its numeric fingerprint."""

    id: WorkerId
    host: str
    pid: int
    slots: int
    fingerprint: str = ""


def record_heartbeat(tx: Tx, worker: WorkerInfo) -> None:
    """Note that a worker is alive."""
    row = tx.get(Worker, worker.id)
    if row is None:
        about = {"host": worker.host, "pid": worker.pid, "slots": worker.slots, "fingerprint": worker.fingerprint}
        tx.add(Worker(id=worker.id, **about))
    else:
        row.seen_at = now()


def remove(tx: Tx, worker_id: WorkerId) -> None:
    """Delete a worker that has ended."""
    tx.execute(delete(Worker).where(Worker.id == worker_id))


def count_live(tx: Tx, within_seconds: float) -> int:
    """How many workers sent a heartbeat in the last `within_seconds`."""
    recent = Worker.seen_at > now() - int(within_seconds * 1000)
    return tx.scalar(select(func.count()).select_from(Worker).where(recent)) or 0


def slots(tx: Tx, within_seconds: float) -> int:
    """How many jobs the workers with a heartbeat in the last `within_seconds` can run at once."""
    recent = Worker.seen_at > now() - int(within_seconds * 1000)
    return tx.scalar(select(func.coalesce(func.sum(Worker.slots), 0)).where(recent)) or 0


def free_slots(tx: Tx, within_seconds: float) -> int:
    """How many more jobs those workers could run. Jobs of workers that have just died still count as running."""
    running = tx.scalar(select(func.count()).select_from(Job).where(IS_RUNNING)) or 0
    return max(slots(tx, within_seconds) - running, 0)


def delete_old(tx: Tx, limit: int) -> None:
    """Delete at most `limit` workers without a heartbeat for a day."""
    old = select(Worker.id).where(Worker.seen_at < now() - KEEP_MILLISECONDS).limit(limit)
    tx.execute(delete(Worker).where(Worker.id.in_(old)).execution_options(synchronize_session=False))
