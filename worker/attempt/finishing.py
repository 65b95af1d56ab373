"""Write how an attempt ended, and try again while the database cannot be reached."""

import logging
import math
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from messaging.notifications import publish_change
from store.db.database import is_statement_error, is_transient
from store.db.transaction import Tx, transaction
from store.errors import LeaseLost
from store.jobs import leases
from store.jobs.leases import Lease
from worker.attempt.outcomes import Answered, Canceled, Failed, Interrupted, Outcome, Paused, Succeeded, WorkerLost
from worker.attempt.progress import ProgressRecorder
from worker.attempt.retry import DATABASE_REFUSED
from worker.context import WorkerContext
from worker.held_lease import HeldLease

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
DRAIN_SECONDS = 2.0  # how long a worker that has to stop tries to write an outcome


class Finisher:
    """Writes the outcomes of one process."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    def finish(self, held_lease: HeldLease, recorder: ProgressRecorder, outcome: Outcome) -> None:
        """Write the last progress and the outcome. If the database rejects them, write an internal error instead."""
        try:
            self._write(held_lease, outcome, recorder.write)
        except LeaseLost:
            raise
        except Exception:
            log.exception("The database rejected the outcome.")
            self._write(held_lease, DATABASE_REFUSED, _write_no_progress)

    def finish_without_progress(self, held_lease: HeldLease, outcome: Outcome) -> None:
        """Write the outcome of a job that other processes ran."""
        self._write(held_lease, outcome, _write_no_progress)

    def _write(self, held_lease: HeldLease, outcome: Outcome, write_progress: Callable[[Tx], object]) -> None:
        """Write both in one transaction. Repeat it while the lease is held and the database cannot be reached.

        A database that is reached but does not carry out the transaction has rejected it after one lease.
        If the database reports a commit as failed that went through, the repetition finds the lease gone.
        """
        rejected_at, stop_at = time.monotonic() + self._context.settings.lease_seconds, math.inf
        while True:
            try:
                with transaction(self._context.sessions, type(outcome).__name__.lower()) as tx:
                    write_progress(tx)
                    _write_outcome(tx, held_lease.lease, outcome)
                    publish_change(tx, held_lease.lease.job_id)
            except DBAPIError as error:
                if not is_transient(error) or (is_statement_error(error) and time.monotonic() > rejected_at):
                    raise
                log.warning("Could not write the outcome: %s", error)
            else:
                return
            held_lease.check()
            stop_at = self._stop_at(stop_at)
            if time.monotonic() > stop_at:
                raise LeaseLost(f"The worker stops before it could write the outcome of {held_lease.lease.job_id}.")
            if held_lease.requested == "cancel":
                outcome, write_progress = Canceled(), _write_no_progress
            time.sleep(RETRY_SECONDS)

    def _stop_at(self, stop_at: float) -> float:
        """Return when to stop trying: DRAIN_SECONDS after the process was first seen to drain."""
        return min(stop_at, time.monotonic() + DRAIN_SECONDS) if self._context.is_draining() else stop_at


def _write_no_progress(_: Tx) -> None:
    """Write nothing."""


def _write_outcome(tx: Tx, lease: Lease, outcome: Outcome) -> None:
    match outcome:
        case Succeeded():
            leases.succeed(tx, lease, outcome.stop_reason, outcome.model)
        case Answered():
            leases.complete(tx, lease, outcome.blob_id, outcome.rows)
        case Canceled():
            leases.cancel(tx, lease)
        case Paused():
            leases.pause(tx, lease)
        case Interrupted():
            leases.release(tx, lease, charged=outcome.charged)
        case WorkerLost():
            leases.release_expired(tx, lease)
        case Failed():
            leases.fail(tx, lease, outcome.error, outcome.stop_reason, outcome.weights_blob_id)
