"""Claim a queued job for a worker; `claim.sql` explains which one."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import BigInteger, Integer, String, TextClause, bindparam, func, select, text, update
from sqlalchemy.exc import OperationalError

from store.clock import NOW, RFC3339_NOW, now
from store.db.transaction import Tx
from store.errors import LeaseLost
from store.ids import WorkerId
from store.jobs.leases import Lease
from store.jobs.transitions import announce
from store.jobs.workers import ID_LENGTH
from store.tables import IS_RUNNING, Job

SQL = re.sub("--.*", "", (Path(__file__).parent / "claim.sql").read_text())  # without comments
TRANSITION = "'state', 'running', 'at', {}"
PLACEHOLDERS = {
    "sqlite": {
        "now": NOW["sqlite"],
        "transitions": f"json_insert(transitions, '$[#]', json_object({TRANSITION.format(RFC3339_NOW['sqlite'])}))",
        "skip_locked": "",
    },
    "postgresql": {
        "now": NOW["postgresql"],
        "transitions": f"transitions || jsonb_build_object({TRANSITION.format(RFC3339_NOW['postgresql'])})",
        "skip_locked": "FOR UPDATE SKIP LOCKED",
    },
}
CLAIM_LOCK = 7_340_032  # an arbitrary number: the advisory lock that lets one claim follow the other on PostgreSQL
LOCK_SECONDS = 2  # after which a claim goes on without the lock
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE after lock_timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintPolicy:
    """The numeric fingerprint of a worker, and how jobs with checkpoints of another fingerprint are treated."""

    fingerprint: str = ""  # a job that continues from another's checkpoint is no longer bit-exact
    wait_seconds: float = 0.0  # such a job is reserved so long for a live worker with its checkpoint's fingerprint
    live_seconds: float = 15.0  # since its last heartbeat, for which a worker counts as live


ANY_FINGERPRINT = FingerprintPolicy()


def claim(
    tx: Tx,
    worker: WorkerId,
    lease_seconds: float,
    share: int = 2,
    fingerprint_policy: FingerprintPolicy = ANY_FINGERPRINT,
) -> Job | None:
    """Claim the best queued job; None if there is none. Projects may run `share` jobs while other projects wait."""
    _wait_for_other_claims(tx)
    parameters = {
        "worker": worker,
        "id_length": ID_LENGTH,
        "lease": int(lease_seconds * 1000),
        "share": share,
        "fingerprint": fingerprint_policy.fingerprint,
        "wait": int(fingerprint_policy.wait_seconds * 1000),
        "live": int(fingerprint_policy.live_seconds * 1000),
    }
    query = select(Job).from_statement(claim_statement(tx.get_bind().dialect.name))
    job: Job | None = tx.scalar(query, parameters, execution_options={"populate_existing": True})
    if job is not None:
        announce(tx, job, {**job.transitions[-1], "attempt": job.attempt})
    return job


def recover_claim(tx: Tx, worker: WorkerId, lease_seconds: float) -> Job | None:
    """The job of a claim that was reported as failed but was committed; None if it failed. Its lease is renewed."""
    mine = update(Job).where(IS_RUNNING, Job.worker_id == worker).values(lease_until=now() + int(lease_seconds * 1000))
    job: Job | None = tx.scalar(mine.returning(Job).execution_options(populate_existing=True))
    return job


def get_held(tx: Tx, lease: Lease) -> Job:
    """The job that is held under this lease. Raises `LeaseLost`."""
    held: Job | None = tx.scalar(select(Job).where(IS_RUNNING, Job.id == lease.job_id, Job.fence == lease.fence))
    if held is None:
        raise LeaseLost(f"Job {lease.job_id} is no longer held under fence {lease.fence}.")
    return held


def mark_inexact(tx: Tx, lease: Lease) -> None:
    """Note that the processors of a job compute different bits."""
    tx.execute(update(Job).where(IS_RUNNING, Job.id == lease.job_id, Job.fence == lease.fence).values(bit_exact=False))


@cache
def claim_statement(dialect: str) -> TextClause:
    """The statement of `claim.sql` for "sqlite" or "postgresql"."""
    integers = [bindparam(name, type_=BigInteger) for name in ("lease", "wait", "live")]
    strings = [bindparam(name, type_=String) for name in ("worker", "fingerprint")]
    filled = text(SQL.format(**PLACEHOLDERS[dialect]))
    small = [bindparam(name, type_=Integer) for name in ("share", "id_length")]
    return filled.bindparams(*small, *integers, *strings)


def _wait_for_other_claims(tx: Tx) -> None:
    """Let the claim before this one commit, so that its job counts. SQLite has one writer at a time anyway.

    Only fairness depends on it. If that claim sleeps in its transaction, the others go on after two seconds.
    """
    if tx.get_bind().dialect.name == "sqlite" or tx.scalar(select(func.pg_try_advisory_xact_lock(CLAIM_LOCK))):
        return
    try:
        with tx.begin_nested():
            tx.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            tx.execute(select(func.pg_advisory_xact_lock(CLAIM_LOCK)))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
