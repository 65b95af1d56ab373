"""How a worker comes by a job: one guarded statement that finds and takes the best of the queue.

The order: priority, then the project with the fewest running jobs, then the projects in turn, then age. A project that
runs its share or more waits, whatever its priorities, until no project within its share has anything queued.

The statement never looks at the queue as a whole. It walks over the (priority, project) pairs in ``ix_jobs_queued``,
from one to the next by a search of the index, and ends at the first project that runs nothing: it visits no more
pairs than projects have jobs running, however long the queue is.

A job that goes on from a checkpoint of other arithmetic than the worker's is left, for a while, for a live worker that
computes the same bits. There are few such jobs, an index of their own finds them, and the walk passes over them.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    String,
    bindparam,
    case,
    false,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.dml import ReturningUpdate

from store.db.clock import now, rfc3339_now
from store.db.transaction import Tx
from store.ids import WorkerId
from store.jobs import events
from store.tables import GOES_ON, IS_QUEUED, IS_RUNNING, Checkpoint, Job, Worker

TURN = 7_340_032  # any number: the advisory lock under which PostgreSQL lets one claim follow the other
TURN_SECONDS = 2  # waiting longer than this for one's turn costs more than fairness is worth
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE after lock_timeout
MINE = bindparam("fingerprint", type_=String)  # of the worker that claims

# What this worker may take. NOT IN is answered from the index and a set; NOT EXISTS has PostgreSQL sort the queue.
OPEN = "state = 'queued' AND id NOT IN (SELECT id FROM waiting)"
# The next step of a walk named `at`: the pair below it, and what its project runs.
PAIR = """
    SELECT j.priority, j.project_id,
        (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.project_id = j.project_id) AS running"""
LAST = "ORDER BY priority DESC, project_id DESC LIMIT 1"
BELOW = "(priority, project_id) < (at.priority, at.project_id)"
BEST = f"""
WITH RECURSIVE
-- From the top of the queue down to the first project within its share.
share (priority, project_id, running) AS (
    {PAIR} FROM jobs j WHERE j.id = (SELECT id FROM jobs WHERE {OPEN} {LAST})
    UNION ALL
    {PAIR} FROM share at JOIN jobs j ON j.id = (SELECT id FROM jobs WHERE {OPEN} AND {BELOW} {LAST})
    WHERE at.running >= :share
),
-- The priority at which it waits; if there is none, the highest.
level (priority) AS (
    SELECT coalesce(max(CASE WHEN running < :share THEN priority END), max(priority)) FROM share
),
-- The project that was served last.
served (project_id) AS (
    SELECT coalesce((SELECT project_id FROM jobs WHERE claimed_at IS NOT NULL ORDER BY claimed_at DESC LIMIT 1), '')
),
-- The projects of that priority behind it, down to the first that runs nothing.
behind (priority, project_id, running) AS (
    {PAIR} FROM jobs j WHERE j.id = (
        SELECT id FROM jobs WHERE {OPEN} AND priority = (SELECT priority FROM level)
        AND project_id < (SELECT project_id FROM served) {LAST})
    UNION ALL
    {PAIR} FROM behind at JOIN jobs j ON j.id = (
        SELECT id FROM jobs WHERE {OPEN} AND priority = at.priority AND project_id < at.project_id {LAST})
    WHERE at.running > 0
),
-- If all of those run something, the others, from the top down to the first that runs nothing.
others (priority, project_id, running) AS (
    {PAIR} FROM jobs j WHERE j.id = (
        SELECT id FROM jobs WHERE {OPEN} AND priority = (
            SELECT priority FROM level WHERE NOT EXISTS (SELECT 1 FROM behind WHERE running = 0)) {LAST})
    UNION ALL
    {PAIR} FROM others at JOIN jobs j ON j.id = (
        SELECT id FROM jobs WHERE {OPEN} AND priority = at.priority AND project_id < at.project_id {LAST})
    WHERE at.running > 0 AND at.project_id > (SELECT project_id FROM served)
),
turns (project_id, running, lap) AS (
    SELECT project_id, running, 0 FROM behind UNION ALL SELECT project_id, running, 1 FROM others
)
SELECT id FROM jobs
WHERE {OPEN} AND priority = (SELECT priority FROM level)
AND project_id = (SELECT project_id FROM turns ORDER BY running, lap, project_id DESC LIMIT 1)
ORDER BY id LIMIT 1
"""  # noqa: S608 - made of the constants above
ANY = f"SELECT id FROM jobs WHERE {OPEN} ORDER BY priority DESC LIMIT 1"  # noqa: S608 - the same


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintPolicy:
    """Which bits a worker computes, and how patient it is with jobs that have computed others."""

    fingerprint: str = ""  # a job that goes on from another's checkpoint is not bit-exact
    wait_seconds: float = 0.0  # for which such a job is left for a live worker with its checkpoint's fingerprint
    live_seconds: float = 15.0  # for which a worker that was seen counts as live


ANY_FINGERPRINT = FingerprintPolicy()


def claim(
    tx: Tx,
    worker: WorkerId,
    lease_seconds: float,
    share: int = 2,
    fingerprint_policy: FingerprintPolicy = ANY_FINGERPRINT,
) -> Job | None:
    """Take the best queued job, if there is any; projects may run `share` jobs while others wait."""
    _wait_for_turn(tx)
    asked = {
        "worker": worker,
        "lease": int(lease_seconds * 1000),
        "share": share,
        "fingerprint": fingerprint_policy.fingerprint,
        "wait": int(fingerprint_policy.wait_seconds * 1000),
        "live": int(fingerprint_policy.live_seconds * 1000),
    }
    job = tx.scalar(_take(tx.get_bind().dialect.name), asked, execution_options={"populate_existing": True})
    if job is not None:
        events.append(tx, job.id, job.events, "job.running", {**job.transitions[-1], "attempt": job.attempt})
    return job


def held(tx: Tx, worker: WorkerId, lease_seconds: float) -> Job | None:
    """The job that a worker took by a claim that was reported as failed, if it did; its lease begins anew."""
    mine = update(Job).where(IS_RUNNING, Job.worker_id == worker).values(lease_until=now() + int(lease_seconds * 1000))
    found: Job | None = tx.scalar(mine.returning(Job).execution_options(populate_existing=True))
    return found


@cache
def _take(dialect: str) -> ReturningUpdate[Job]:
    """The statement; the best job that nobody is claiming at this moment or, if all candidates are, any other."""
    skip = "" if dialect == "sqlite" else "FOR UPDATE SKIP LOCKED"
    begins = Job.checkpoint_id.is_(None)
    computed = select(Checkpoint.fingerprint).where(Checkpoint.id == Job.checkpoint_id).scalar_subquery()
    free = text(f"coalesce(({BEST} {skip}), ({ANY} {skip}))")
    return (
        update(Job)
        .add_cte(_waiting())
        .where(Job.id == free, IS_QUEUED)
        .values(
            state="running",
            worker_id=bindparam("worker"),
            attempt=Job.attempt + 1,
            fence=Job.fence + 1,
            lease_until=now() + _given("lease"),
            claimed_at=now(),
            fingerprint=case((begins, MINE), else_=Job.fingerprint),
            bit_exact=case((begins | (computed == MINE), Job.bit_exact), else_=false()),
            started_at=func.coalesce(Job.started_at, now()),
            version=Job.version + 1,
            events=Job.events + 1,
            transitions=_transitions(dialect),
            updated_at=now(),
        )
        .returning(Job)
        .execution_options(synchronize_session=False)
    )


def _transitions(dialect: str) -> ColumnElement[Any]:
    """The job's transitions and this one: what `jobs.entered` notes, without a statement of its own."""
    names: ColumnElement[Any] = literal_column("'state', 'running', 'at'")
    if dialect == "sqlite":
        return func.json_insert(Job.transitions, "$[#]", func.json_object(names, rfc3339_now()))
    return Job.transitions.op("||")(func.jsonb_build_object(names, rfc3339_now()))


def _waiting() -> CTE:
    """The queued jobs that are left for other workers, for the sake of the same bits."""
    live = select(Worker.fingerprint).where(Worker.seen_at > now() - _given("live"))
    return (
        select(Job.id)
        .join(Checkpoint, Checkpoint.id == Job.checkpoint_id)
        .where(IS_QUEUED, GOES_ON, Job.updated_at > now() - _given("wait"))
        .where(Checkpoint.fingerprint != MINE, Checkpoint.fingerprint.in_(live))
        .cte("waiting")
    )


def _given(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)


def _wait_for_turn(tx: Tx) -> None:
    """Let the claim before this one commit, so that its job is counted; SQLite has one writer anyway.

    Only fairness hangs on it. A claim that sleeps in its transaction must not stop all others, so they go on without.
    """
    if tx.get_bind().dialect.name == "sqlite" or tx.scalar(select(func.pg_try_advisory_xact_lock(TURN))):
        return
    try:
        with tx.begin_nested():
            tx.execute(text(f"SET LOCAL lock_timeout = '{TURN_SECONDS}s'"))
            tx.execute(select(func.pg_advisory_xact_lock(TURN)))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
