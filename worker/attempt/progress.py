"""Record the progress of an attempt, in at most one short transaction every half second."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from sqlalchemy.exc import DBAPIError

from engine.numeric_fingerprint import numeric_fingerprint
from messaging.notifications import publish_change
from store.artifacts import blobs
from store.db.database import is_transient
from store.db.transaction import Tx, transaction
from store.errors import LeaseLost
from store.jobs import leases
from store.jobs.leases import Progress
from store.tables import Job
from worker.attempt.peak_memory import PeakMemory
from worker.context import WorkerContext
from worker.held_lease import HeldLease

log = logging.getLogger(__name__)

CHECKPOINT_RETRY_SECONDS = 1.0  # between a checkpoint that could not be stored and the next attempt
MAX_CHECKPOINT_SHARE = 0.05  # of the run's time that writing checkpoints may take


class ProgressRecorder(ABC):
    """Writes progress and checkpoints. Raises `LeaseLost` when the job belongs to another worker."""

    def __init__(
        self,
        context: WorkerContext,
        job: Job,
        held_lease: HeldLease,
        checkpoint_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = context.sessions
        self._settings = context.settings
        self._lease = held_lease.lease
        self._metrics_recorder = context.metrics
        self._held_lease = held_lease
        self._clock, self._cpu_clock = clock, context.cpu_clock
        self._checkpoint_seconds = checkpoint_seconds
        self._fraction = self._first_fraction = job.fraction
        self._earlier_seconds = job.ran_seconds
        self._earlier_cpu_seconds = job.cpu_seconds - self._cpu_clock()
        self._memory = PeakMemory()
        self._began = self._may_checkpoint_at = clock()
        self._record_at = self._began + self._settings.record_seconds
        self._checkpoint_at = self._began + self._checkpoint_seconds
        self._update_due_time()

    @abstractmethod
    def _progress(self) -> Progress:
        """Return what was noted."""

    @abstractmethod
    def _forget_written(self) -> None:
        """Drop what was noted and is written now."""

    # --- what is due

    @property
    def ran_seconds(self) -> float:
        """How long the job has run, in this attempt and all earlier ones."""
        return self._earlier_seconds + self._clock() - self._began

    @property
    def cpu_seconds(self) -> float:
        """The processor time of the job, in this attempt and all earlier ones."""
        return self._earlier_cpu_seconds + self._cpu_clock()

    @property
    def peak_bytes(self) -> int | None:
        """The peak of the memory of this attempt so far; None where it cannot be measured."""
        return self._memory.bytes

    @property
    def is_due(self) -> bool:
        """Whether a progress record or a checkpoint is due."""
        return self._clock() >= self._due_at

    @property
    def record_is_due(self) -> bool:
        """Whether `record_seconds` have passed since the last progress record."""
        return self._clock() >= self._record_at

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether the time for a checkpoint has come, and the last one was quick enough for another."""
        return self._clock() >= self._checkpoint_at

    @property
    def may_checkpoint(self) -> bool:
        """Whether a checkpoint is worth trying: the last one was stored, or failed some time ago."""
        return self._clock() >= self._may_checkpoint_at

    # --- writing

    def write_progress(self) -> None:
        """Write what was noted. If the database cannot be reached now, keep it for the next record."""
        self._record_at = self._clock() + self._settings.record_seconds
        self._update_due_time()
        try:
            with transaction(self._sessions, "record") as tx:
                requested = self.write(tx)
                publish_change(tx, self._lease.job_id)
        except DBAPIError as error:
            if not is_transient(error):
                raise
            log.warning("Could not record progress: %s", error)
            return
        self._forget_written()
        self._held_lease.renewed(requested)

    def write(self, tx: Tx) -> str | None:
        """Write what was noted in an open transaction; return what the job's owner has requested."""
        return leases.record(tx, self._lease, self._settings.lease_seconds, self._progress())

    def write_checkpoint(self, chunks: Iterable[bytes]) -> bool:
        """Store a checkpoint; return False if the database cannot be reached now."""
        began, is_stored = self._clock(), True
        try:
            self._store_checkpoint(chunks)
        except DBAPIError as error:
            if not is_transient(error):
                raise
            log.warning("Could not store a checkpoint: %s", error)
            is_stored = False
            self._may_checkpoint_at = self._clock() + CHECKPOINT_RETRY_SECONDS
        now = self._clock()
        pause = max(self._checkpoint_seconds, (now - began) / MAX_CHECKPOINT_SHARE)
        self._checkpoint_at = max(now + pause, self._may_checkpoint_at)
        self._update_due_time()
        return is_stored

    def _store_checkpoint(self, chunks: Iterable[bytes]) -> None:
        """Store the chunks first, and the pointer to them last and under the fence."""
        blob = blobs.write(self._sessions, chunks)
        try:
            with transaction(self._sessions, "checkpoint") as tx:
                leases.add_checkpoint(tx, self._lease, blob.id, numeric_fingerprint())
        except (DBAPIError, LeaseLost):
            blobs.discard(self._sessions, blob.id)  # does nothing if the commit went through after all
            raise

    def _update_due_time(self) -> None:
        self._due_at = min(self._record_at, self._checkpoint_at)

    def _eta_seconds(self) -> float | None:
        done = self._fraction - self._first_fraction
        if done <= 0:
            return None
        return round((self._clock() - self._began) * (1 - self._fraction) / done, 3)
