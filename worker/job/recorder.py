"""Record the progress of a training run, in at most one short transaction every half second."""

import logging
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from engine.numeric_fingerprint import numeric_fingerprint
from engine.training.events import BatchEnd
from messaging.notifications import publish_change
from service.metrics.definitions import EPOCHS
from store.artifacts import blobs
from store.db.database import is_transient
from store.db.transaction import Tx, transaction
from store.errors import LeaseLost
from store.jobs import leases
from store.jobs.leases import Progress
from store.tables import Job
from worker.context import WorkerContext
from worker.held_lease import HeldLease

log = logging.getLogger(__name__)

CHECKPOINT_RETRY_SECONDS = 1.0  # between a checkpoint that could not be stored and the next attempt
MAX_CHECKPOINT_SHARE = 0.05  # of the run's time that writing checkpoints may take


class Recorder:
    """Writes a job's progress, epochs and checkpoints. Raises `LeaseLost` when the job belongs to another worker."""

    def __init__(
        self, context: WorkerContext, job: Job, held_lease: HeldLease, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions = context.sessions
        self._settings = context.settings
        self._lease = held_lease.lease
        self._metrics_recorder = context.metrics
        self._held_lease = held_lease
        self._clock = clock
        self._checkpoint_seconds = float(job.spec["training"]["checkpoint_every_seconds"])
        self._epochs = job.epochs
        self._epoch, self._metrics, self._best = job.epoch, dict(job.metrics), job.best
        self._fraction = self._first_fraction = job.fraction
        self.last_batch: BatchEnd | None = None  # an attribute, because a call after each batch would cost time
        self._unwritten_epochs: dict[int, dict[str, Any]] = {}
        self._unwritten_warnings: list[dict[str, Any]] = []
        self._earlier_seconds = job.ran_seconds
        self._earlier_cpu_seconds = job.cpu_seconds - time.process_time()
        self._began = self._may_checkpoint_at = clock()
        self._record_at = self._began + self._settings.record_seconds
        self._checkpoint_at = self._began + self._checkpoint_seconds
        self._update_due_time()

    # --- noting what happens

    def resume(self, epochs_done: int, best: dict[str, Any] | None) -> None:
        """Continue after `epochs_done` epochs. What an earlier attempt recorded after them will be done again."""
        if epochs_done != self._epoch:  # the metrics of the checkpoint's epoch are known only if it was the best
            is_best = best is not None and best["epoch"] == epochs_done
            self._metrics = {name: best[name] for name in best if name != "epoch"} if best and is_best else {}
        self._epoch, self._best = epochs_done, best
        self._fraction = self._first_fraction = self._fraction_of(epochs_done)

    def add_epoch(
        self,
        number: int,
        metrics: dict[str, float | None],
        new_best: dict[str, Any] | None,
        layers: list[dict[str, Any]],
    ) -> None:
        """Note a finished epoch: its metrics, itself as `new_best` if it is the best so far, its layer statistics."""
        self._epoch, self._metrics, self._best = number, metrics, new_best or self._best
        self._metrics_recorder.count(EPOCHS)
        self._unwritten_epochs[number] = {**metrics, "layers": layers} if layers else metrics

    def add_warnings(self, warnings: list[dict[str, Any]]) -> None:
        """Note problems of the run."""
        self._unwritten_warnings += warnings

    # --- what is due

    @property
    def ran_seconds(self) -> float:
        """How long the job has run, in this attempt and all earlier ones."""
        return self._earlier_seconds + self._clock() - self._began

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
        self._unwritten_epochs, self._unwritten_warnings = {}, []
        self._held_lease.renewed(requested)

    def write(self, tx: Tx) -> str | None:
        """Write what was noted in an open transaction; return what the job's owner has requested."""
        if self.last_batch:
            done = self.last_batch.epoch - 1 + self.last_batch.batch / self.last_batch.batches
            self._fraction = self._fraction_of(done)
        progress = Progress(
            epoch=self._epoch,
            fraction=self._fraction,
            eta_seconds=self._eta_seconds(),
            metrics=self._metrics,
            best=self._best,
            ran_seconds=round(self.ran_seconds, 3),
            cpu_seconds=round(self._earlier_cpu_seconds + time.process_time(), 3),
            epochs=self._unwritten_epochs,
            warnings=self._unwritten_warnings,
        )
        return leases.record(tx, self._lease, self._settings.lease_seconds, progress)

    def write_range_test(self, result: dict[str, Any], warnings: list[dict[str, Any]]) -> None:
        """Write the result of the range test at once, because every later attempt uses it."""
        with transaction(self._sessions, "range_test") as tx:
            leases.record_range_test(tx, self._lease, result, warnings)
            publish_change(tx, self._lease.job_id)

    def write_checkpoint(self, data: bytes) -> bool:
        """Store a checkpoint; return False if the database cannot be reached now."""
        began, is_stored = self._clock(), True
        try:
            self._store_checkpoint(data)
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

    def _store_checkpoint(self, data: bytes) -> None:
        """Store the chunks first, and the pointer to them last and under the fence."""
        blob = blobs.write(self._sessions, blobs.chunks_of(data))
        try:
            with transaction(self._sessions, "checkpoint") as tx:
                leases.add_checkpoint(tx, self._lease, blob.id, numeric_fingerprint())
        except (DBAPIError, LeaseLost):
            blobs.discard(self._sessions, blob.id)  # does nothing if the commit went through after all
            raise

    def _update_due_time(self) -> None:
        self._due_at = min(self._record_at, self._checkpoint_at)

    def _fraction_of(self, epochs_done: float) -> float:
        return min(epochs_done / self._epochs, 1.0) if self._epochs else 1.0

    def _eta_seconds(self) -> float | None:
        done = self._fraction - self._first_fraction
        if done <= 0:
            return None
        return round((self._clock() - self._began) * (1 - self._fraction) / done, 3)
