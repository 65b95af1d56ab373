"""The worker processes that live: for readiness and for operators."""

from sqlalchemy import delete, func, select

from store.db.clock import now
from store.db.transaction import Tx
from store.ids import WorkerId
from store.tables import IS_RUNNING, Job, Worker

FORGET_MILLISECONDS = 86_400_000
LIVE_HEARTBEATS = 3  # missed so many, a worker counts as gone


def seen(  # noqa: PLR0913, PLR0917 - what its row tells
    tx: Tx, worker_id: WorkerId, host: str, pid: int, slots: int, fingerprint: str = ""
) -> None:
    """Note that a worker lives, how many jobs it runs at once, and the fingerprint of its arithmetic."""
    worker = tx.get(Worker, worker_id)
    if worker is None:
        tx.add(Worker(id=worker_id, host=host, pid=pid, slots=slots, fingerprint=fingerprint))
    else:
        worker.seen_at = now()


def gone(tx: Tx, worker_id: WorkerId) -> None:
    """Note that a worker has ended."""
    tx.execute(delete(Worker).where(Worker.id == worker_id))


def live(tx: Tx, within_seconds: float) -> int:
    """How many workers were seen in the last `within_seconds`."""
    recent = Worker.seen_at > now() - int(within_seconds * 1000)
    return tx.scalar(select(func.count()).select_from(Worker).where(recent)) or 0


def slots(tx: Tx, within_seconds: float) -> int:
    """How many jobs the workers that were seen in the last `within_seconds` run at once."""
    recent = Worker.seen_at > now() - int(within_seconds * 1000)
    return tx.scalar(select(func.coalesce(func.sum(Worker.slots), 0)).where(recent)) or 0


def free_slots(tx: Tx, within_seconds: float) -> int:
    """How many more jobs those workers could run; jobs of workers that have just died still count as running."""
    running = tx.scalar(select(func.count()).select_from(Job).where(IS_RUNNING)) or 0
    return max(slots(tx, within_seconds) - running, 0)


def forget_old(tx: Tx, limit: int) -> None:
    """Delete at most `limit` workers that were not seen for a day."""
    old = select(Worker.id).where(Worker.seen_at < now() - FORGET_MILLISECONDS).limit(limit)
    tx.execute(delete(Worker).where(Worker.id.in_(old)).execution_options(synchronize_session=False))
