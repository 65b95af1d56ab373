"""Claim the next queued job, even if the database reports a claim as failed that it has committed."""

import logging
import time

from sqlalchemy.exc import DBAPIError

from engine.numeric_fingerprint import numeric_fingerprint
from messaging.notifications import publish_change
from service import tracing
from store.db.transaction import transaction
from store.jobs import claims
from store.jobs.claims import FingerprintPolicy
from store.jobs.workers import LIVE_HEARTBEATS
from store.tables import Job
from worker.context import WorkerContext

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5


class Claimer:
    """Claims jobs for one process."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._fingerprint_policy = FingerprintPolicy(
            fingerprint=numeric_fingerprint(),
            wait_seconds=context.settings.fingerprint_wait_seconds,
            live_seconds=LIVE_HEARTBEATS * context.settings.heartbeat_seconds,
        )

    def claim(self) -> Job | None:
        """Claim the best queued job; None if no job is queued."""
        context, settings = self._context, self._context.settings
        began_ns = time.time_ns()
        try:
            with transaction(context.sessions, "claim") as tx:
                job = claims.claim(
                    tx, context.worker_id, settings.lease_seconds, settings.running_share, self._fingerprint_policy
                )
                if job is not None:
                    publish_change(tx, job.id)
        except DBAPIError as error:
            log.warning("The database reported a claim as failed: %s", error)
            job = self._find_claimed()
        if job is not None:
            tracing.record_span("claim", job.traceparent, began_ns)
        return job

    def _find_claimed(self) -> Job | None:
        """Look for a job that the failed claim took anyway, until its lease would expire or the process has to stop."""
        end = time.monotonic() + self._context.settings.lease_seconds
        while True:
            try:
                with transaction(self._context.sessions, "claim_again") as tx:
                    job = claims.recover_claim(tx, self._context.worker_id, self._context.settings.lease_seconds)
                    if job is not None:
                        publish_change(tx, job.id)
                    return job
            except DBAPIError:
                if self._context.is_draining() or time.monotonic() > end:
                    raise
            time.sleep(RETRY_SECONDS)
