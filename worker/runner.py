"""Turn queued jobs into trained models, one after the other: claim, train, finish."""

import logging
import math
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from engine.numeric_fingerprint import numeric_fingerprint
from messaging.notifier import Notifier
from service.settings import Settings
from store.db.database import Sessions, is_statement_error, is_transient
from store.db.transaction import Tx, transaction
from store.errors import LeaseLost
from store.ids import JobId, WorkerId
from store.jobs import claims, leases
from store.jobs.claims import FingerprintPolicy
from store.jobs.leases import Lease
from store.jobs.workers import LIVE_HEARTBEATS
from store.tables import Job
from worker.job import retry
from worker.job.job_run import JobRun
from worker.job.loading import JobLoader
from worker.job.outcomes import Canceled, Failed, Interrupted, Outcome, Paused, Succeeded
from worker.job.recorder import Recorder
from worker.lease_keeper import HeldLease, LeaseKeeper

log = logging.getLogger(__name__)

RUN_SECONDS = 3600  # for which one bell is enough for job after job; Celery ends what it takes for hanging
RETRY_SECONDS = 0.5
DRAIN_SECONDS = 2.0  # for which a worker that has to stop tries to write an end


class Runner:
    """A worker process's way with jobs. `draining` tells whether it has to stop."""

    def __init__(  # noqa: PLR0913, PLR0917 - its collaborators, given once
        self,
        sessions: Sessions,
        notifier: Notifier,
        settings: Settings,
        lease_keeper: LeaseKeeper,
        worker_id: WorkerId,
        draining: Callable[[], bool],
        run_seconds: float = RUN_SECONDS,
    ) -> None:
        self._sessions = sessions
        self._notifier = notifier
        self._settings = settings
        self._lease_keeper = lease_keeper
        self._loader = JobLoader(sessions)
        self._worker_id = worker_id
        self._draining = draining
        self._run_seconds = run_seconds
        self._fingerprint_policy = FingerprintPolicy(
            fingerprint=numeric_fingerprint(),
            wait_seconds=settings.fingerprint_wait_seconds,
            live_seconds=LIVE_HEARTBEATS * settings.heartbeat_seconds,
        )

    def close(self) -> None:
        """Send the wake-ups that are still to be sent, if the broker takes them soon."""
        self._notifier.close()

    def run_all(self) -> None:
        """Run queued jobs until there are none left, or the worker has to stop; after a while, ring for the rest."""
        end = time.monotonic() + self._run_seconds
        while not self._draining() and (job := self._claim()):
            self._run(job)
            if time.monotonic() > end:
                self._notifier.notify_workers()
                return

    def _claim(self) -> Job | None:
        share, lease_seconds = self._settings.running_share, self._settings.lease_seconds
        try:
            with transaction(self._sessions, "claim") as tx:
                return claims.claim(tx, self._worker_id, lease_seconds, share, self._fingerprint_policy)
        except DBAPIError as error:
            log.warning("a claim failed, or was reported so: %s", error)
            return self._held()

    def _held(self) -> Job | None:
        """The job that a claim took all the same; looks for it as long as a lease lasts, or until a stop."""
        end = time.monotonic() + self._settings.lease_seconds
        while True:
            try:
                with transaction(self._sessions, "claim_again") as tx:
                    return claims.recover_claim(tx, self._worker_id, self._settings.lease_seconds)
            except DBAPIError:
                if self._draining() or time.monotonic() > end:
                    raise
            time.sleep(RETRY_SECONDS)

    def _run(self, job: Job) -> None:
        lease = Lease(job_id=JobId(job.id), fence=job.fence)
        log.info("%s begins, attempt %d", job.id, job.attempt)
        self._notifier.publish_change(job.id)
        try:
            with self._lease_keeper.holding(lease, job.requested) as held_lease:
                recorder = Recorder(self._sessions, self._notifier, self._settings, job, lease, held_lease)
                outcome = JobRun(self._sessions, self._loader, job, held_lease, recorder, self._draining).outcome()
                outcome = retry.decide(outcome, job.attempt, self._settings.max_attempts)
                self._finish(lease, held_lease, recorder, outcome)
        except LeaseLost:
            log.warning("%s is another worker's now", job.id)
            return
        log.info("%s: %s", job.id, type(outcome).__name__.lower())
        self._notifier.publish_change(job.id)

    def _finish(self, lease: Lease, held_lease: HeldLease, recorder: Recorder, outcome: Outcome) -> None:
        """Write the end, with what was noted last; an end that the database refuses becomes an internal error."""
        try:
            self._write(lease, held_lease, outcome, recorder.write)
        except LeaseLost:
            raise
        except Exception:
            log.exception("the database refuses the end of %s", lease.job_id)
            self._write(lease, held_lease, retry.DATABASE_REFUSED, _nothing)

    def _write(self, lease: Lease, held_lease: HeldLease, outcome: Outcome, note: Callable[[Tx], object]) -> None:
        """In one transaction; again, as long as the lease holds, when the database cannot be reached now.

        A database that is reached has as long as a lease for it, or has refused it.
        If a commit went through although it was reported as failed, the repetition finds the lease gone.
        """
        end, until = time.monotonic() + self._settings.lease_seconds, math.inf
        while True:
            try:
                with transaction(self._sessions, type(outcome).__name__.lower()) as tx:
                    note(tx)
                    _end(tx, lease, outcome)
            except DBAPIError as error:
                if not is_transient(error) or (is_statement_error(error) and time.monotonic() > end):
                    raise
                log.warning("the end of %s did not reach the database: %s", lease.job_id, error)
            else:
                return
            held_lease.check()
            until = min(until, time.monotonic() + DRAIN_SECONDS) if self._draining() else until
            if time.monotonic() > until:
                raise LeaseLost(f"the worker stops, and the end of {lease.job_id} cannot be written")
            if held_lease.requested == "cancel":
                outcome, note = Canceled(), _nothing
            time.sleep(RETRY_SECONDS)


def _nothing(_: Tx) -> None:
    """Note nothing."""


def _end(tx: Tx, lease: Lease, outcome: Outcome) -> None:
    match outcome:
        case Succeeded():
            leases.succeed(tx, lease, outcome.stop_reason, outcome.model)
        case Canceled():
            leases.cancel(tx, lease)
        case Paused():
            leases.pause(tx, lease)
        case Interrupted():
            leases.release(tx, lease, charged=outcome.charged)
        case Failed():
            leases.fail(tx, lease, outcome.error, outcome.stop_reason, outcome.weights_blob_id)
