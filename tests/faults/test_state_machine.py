"""Proof 14: in any order of actions, a job has at most one valid lease and one final state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select, update

from service.settings import Settings
from store.artifacts import blobs
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import Tx, snapshot, transaction
from store.errors import JobFinished, LeaseLost
from store.ids import DEFAULT_PROJECT, JobId, WorkerId
from store.jobs import claims, jobs, leases
from store.jobs.leases import Lease, Progress
from store.jobs.states import TERMINAL, WAITING
from store.tables import Blob, Checkpoint, Job, Model
from tests.support.proof_summary import Note, Size
from tests.support.store import queue_job
from worker.maintenance.expired_leases import release_expired

MAX_ATTEMPTS = 3
MAX_UNFINISHED = 2
LEASES = st.sampled_from([-1, 30])  # seconds: one expired, one valid
MODEL: dict[str, Any] = {
    "architecture": {},
    "preprocessing": {},
    "metrics": {},
    "evaluation": None,
    "parameters": 1,
    "fingerprint": "f",
}
PROGRESS = Progress(epoch=1, fraction=0.1, eta_seconds=None, metrics={}, best=None, ran_seconds=1, epochs={1: {}})
OWNER_ACTIONS = {"cancel": jobs.cancel, "stop": jobs.stop, "pause": jobs.pause, "resume": jobs.resume}


@dataclass(frozen=True)
class Seen:
    """What must never decrease or be undone."""

    state: str
    requested: str | None
    fence: int
    version: int
    events: int


def writes(blob_id: str) -> dict[str, Callable[[Tx, Lease], object]]:
    """Everything that a worker may do with a lease."""
    return {
        "renew": lambda tx, lease: leases.renew(tx, lease, 30),
        "record": lambda tx, lease: leases.record(tx, lease, 30, PROGRESS),
        "checkpoint": lambda tx, lease: leases.add_checkpoint(tx, lease, blob_id, "f"),
        "succeed": lambda tx, lease: leases.succeed(tx, lease, "epochs_done", {**MODEL, "blob_id": blob_id}),
        "fail": lambda tx, lease: leases.fail(tx, lease, {"code": "internal"}),
        "cancel": leases.cancel,
        "pause": leases.pause,
        "give_back": leases.release,
    }


class Protocol(RuleBasedStateMachine):
    """Random actions on the store, checked against what was seen before."""

    leases = Bundle("leases")

    def __init__(self, sessions: Sessions) -> None:
        super().__init__()
        self.sessions = sessions
        self.seen: dict[str, Seen] = {}
        self.to_cancel: set[str] = set()  # jobs whose cancel request was accepted

    @initialize()
    def empty(self) -> None:
        with transaction(self.sessions) as tx:
            for table in (Model, Checkpoint, Job, Blob):
                tx.execute(delete(table))

    @rule()
    def queue(self) -> None:
        """Keep the number of jobs small, so that much happens to each."""
        if sum(job.state not in TERMINAL for job in self.seen.values()) < MAX_UNFINISHED:
            queue_job(self.sessions)

    @rule(target=leases, seconds=LEASES)
    def claim(self, seconds: float) -> Lease | None:
        with transaction(self.sessions) as tx:
            job = claims.claim(tx, WorkerId("wrk_1"), seconds)
        if job is None:
            return None
        before = self.seen[job.id]
        assert before.state == "queued"
        assert job.fence == before.fence + 1
        return Lease(job_id=JobId(job.id), fence=job.fence)

    @rule(lease=leases, name=st.sampled_from(sorted(writes(""))))
    def write(self, lease: Lease | None, name: str) -> None:
        if lease is None:
            return
        blob = blobs.write(self.sessions, [b"bytes"])
        before = self.seen[lease.job_id]
        holds = before.state == "running" and before.fence == lease.fence
        try:
            with transaction(self.sessions) as tx:
                writes(blob.id)[name](tx, lease)
        except LeaseLost:
            assert not holds, f"{name} was rejected although the lease is valid"
            assert self.look()[lease.job_id] == before
        else:
            assert holds, f"{name} was accepted although the lease is not valid"

    @rule(name=st.sampled_from(sorted(OWNER_ACTIONS)), which=st.integers(0, MAX_UNFINISHED))
    def request(self, name: str, which: int) -> None:
        if not self.seen:
            return
        job_id = sorted(self.seen, reverse=True)[which % len(self.seen)]
        ended = self.seen[job_id].state in TERMINAL
        try:
            with transaction(self.sessions) as tx:
                OWNER_ACTIONS[name](tx, DEFAULT_PROJECT, job_id)
        except JobFinished:
            assert ended
        else:
            assert not ended
            if name == "cancel":
                self.to_cancel.add(job_id)

    @rule()
    def run_round(self) -> None:
        with transaction(self.sessions) as tx:
            release_expired(tx, Settings(max_attempts=MAX_ATTEMPTS))

    @rule(seconds=st.sampled_from([-3600, -10, 10, 3600]))
    def shift_the_clock(self, seconds: int) -> None:
        """Shift all leases the other way, which has the same effect."""
        with transaction(self.sessions) as tx:
            tx.execute(
                update(Job).where(Job.lease_until.is_not(None)).values(lease_until=Job.lease_until - seconds * 1000)
            )

    @invariant()
    def nothing_is_undone(self) -> None:
        now = self.look()
        for job_id, before in self.seen.items():
            after = now[job_id]
            assert after.fence >= before.fence
            assert after.version >= before.version
            assert after.events >= before.events
            if before.state in TERMINAL:
                assert after == before, "a finished job changed"
        self.seen = now

    @invariant()
    def requests_are_kept(self) -> None:
        for job_id, job in self.look().items():
            if job_id in self.to_cancel:
                assert job.state == "canceled" or (job.state, job.requested) == ("running", "cancel")
            if job.state in WAITING:
                assert job.requested in {None, "stop"}
            if job.state in TERMINAL:
                assert job.requested is None

    @invariant()
    def finished_jobs_have_no_checkpoint(self) -> None:
        with snapshot(self.sessions) as tx:
            with_checkpoints = set(tx.scalars(select(Checkpoint.job_id)))
        assert not [job_id for job_id in with_checkpoints if self.look()[job_id].state in TERMINAL]

    def look(self) -> dict[str, Seen]:
        with snapshot(self.sessions) as tx:
            return {job.id: Seen(job.state, job.requested, job.fence, job.version, job.events) for job in tx.query(Job)}


@pytest.mark.proof(
    14,
    "random actions of workers, owners and schedulers; clock jumps",
    "one valid lease; fences grow; final states stay",
)
def test_a_job_has_one_valid_lease_and_one_final_state(database_url: str, note: Note, size: Size) -> None:
    engine = open_database(database_url)
    examples, steps = size(12, 100), size(25, 50)
    run_state_machine_as_test(
        lambda: Protocol(open_sessions(engine)),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    engine.dispose()
    note(f"{database_url.partition(':')[0]}: {examples} runs of {steps} actions")
