"""Writes down how a training run goes, in at most one short transaction every half second."""

import logging
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from engine.numeric_fingerprint import numeric_fingerprint
from engine.training.events import BatchEnd
from messaging.notifier import Notifier
from service.settings import Settings
from store.artifacts import blobs
from store.db.database import Sessions, is_transient
from store.db.transaction import Tx, transaction
from store.errors import LeaseLost
from store.jobs import leases
from store.jobs.leases import Lease, Progress
from store.tables import Job
from worker.lease_keeper import HeldLease

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0  # between a checkpoint that could not be stored and the next try
CHECKPOINT_SHARE = 0.05  # of the time since the last one: what writing checkpoints may cost


class Recorder:
    """What a job's row, its epochs and its checkpoints learn of a run. Raises `LeaseLost` when it is another's."""

    def __init__(  # noqa: PLR0913, PLR0917 - its collaborators, given once
        self,
        sessions: Sessions,
        notifier: Notifier,
        settings: Settings,
        job: Job,
        lease: Lease,
        held_lease: HeldLease,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._notifier = notifier
        self._settings = settings
        self._lease = lease
        self._held_lease = held_lease
        self._clock = clock
        self._every = float(job.spec["training"]["checkpoint_every_seconds"])
        self._epochs = job.epochs
        self._epoch, self._metrics, self._best = job.epoch, dict(job.metrics), job.best
        self._fraction = self._first_fraction = job.fraction
        self.beat: BatchEnd | None = None  # the latest batch: after each of them, so an attribute and no call
        self._unwritten: dict[int, dict[str, Any]] = {}
        self._warnings: list[dict[str, Any]] = []
        self._ran = job.ran_seconds
        self._began = self._may_checkpoint_at = clock()
        self._record_at = self._began + settings.record_seconds
        self._checkpoint_at = self._began + self._every
        self._schedule()

    def epoch(
        self, number: int, metrics: dict[str, float | None], best: dict[str, Any] | None, layers: list[dict[str, Any]]
    ) -> None:
        """Note a finished epoch; `best` if it is the best now, `layers` with the sizes in each, if it has them."""
        self._epoch, self._metrics, self._best = number, metrics, best or self._best
        self._unwritten[number] = {**metrics, "layers": layers} if layers else metrics

    def warn(self, warnings: list[dict[str, Any]]) -> None:
        """Note what is wrong with the run."""
        self._warnings += warnings

    def resume(self, epochs_done: int, best: dict[str, Any] | None) -> None:
        """Start from a checkpoint, or from nothing: what an earlier attempt did after it will be done again."""
        if epochs_done != self._epoch:  # of the checkpoint's epoch, no more is known than that it was the best
            is_best = best is not None and best["epoch"] == epochs_done
            self._metrics = {name: best[name] for name in best if name != "epoch"} if best and is_best else {}
        self._epoch, self._best = epochs_done, best
        self._fraction = self._first_fraction = self._share(epochs_done)

    @property
    def ran_seconds(self) -> float:
        """How long the job has run, this attempt and those before."""
        return self._ran + self._clock() - self._began

    @property
    def is_due(self) -> bool:
        """Whether there is anything to write: progress, or a checkpoint."""
        return self._clock() >= self._due_at

    @property
    def record_is_due(self) -> bool:
        """Whether half a second went by since the last transaction."""
        return self._clock() >= self._record_at

    def record(self) -> None:
        """Write what was noted; keep it for the next time when the database cannot be reached now."""
        self._record_at = self._clock() + self._settings.record_seconds
        self._schedule()
        try:
            with transaction(self._sessions, "record") as tx:
                requested = self.write(tx)
        except DBAPIError as error:
            if not is_transient(error):
                raise
            log.warning("progress of %s did not reach the database: %s", self._lease.job_id, error)
            return
        self._unwritten, self._warnings = {}, []
        self._held_lease.good(requested)
        self._notifier.publish_change(self._lease.job_id)

    def write(self, tx: Tx) -> str | None:
        """Write what was noted in a transaction that is open; answers what was asked of the job."""
        if self.beat:
            self._fraction = self._share(self.beat.epoch - 1 + self.beat.batch / self.beat.batches)
        progress = Progress(
            epoch=self._epoch,
            fraction=self._fraction,
            eta_seconds=self._eta(),
            metrics=self._metrics,
            best=self._best,
            ran_seconds=round(self.ran_seconds, 3),
            epochs=self._unwritten,
            warnings=self._warnings,
        )
        return leases.record(tx, self._lease, self._settings.lease_seconds, progress)

    @property
    def may_checkpoint(self) -> bool:
        """Whether it is worth trying: the last one was stored, or some time went by since it could not be."""
        return self._clock() >= self._may_checkpoint_at

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether it is time for a checkpoint, and the last one was cheap enough for another."""
        return self._clock() >= self._checkpoint_at

    def checkpoint(self, data: bytes) -> bool:
        """Store a checkpoint: its chunks first, the pointer to it last and under the fence. False if that failed."""
        began, stored = self._clock(), True
        try:
            self._store(data)
        except DBAPIError as error:
            if not is_transient(error):
                raise
            log.warning("a checkpoint of %s did not reach the database: %s", self._lease.job_id, error)
            stored = False
            self._may_checkpoint_at = self._clock() + AGAIN_SECONDS
        now = self._clock()
        self._checkpoint_at = max(now + max(self._every, (now - began) / CHECKPOINT_SHARE), self._may_checkpoint_at)
        self._schedule()
        return stored

    def _store(self, data: bytes) -> None:
        blob = blobs.write(self._sessions, blobs.chunks_of(data))
        try:
            with transaction(self._sessions, "checkpoint") as tx:
                leases.add_checkpoint(tx, self._lease, blob.id, numeric_fingerprint())
        except (DBAPIError, LeaseLost):
            blobs.discard(self._sessions, blob.id)  # in vain if the commit went through after all
            raise

    def range_test(self, found: dict[str, Any], warnings: list[dict[str, Any]]) -> None:
        """Write what the range test found, at once: training goes by it from now on, whoever does it."""
        with transaction(self._sessions, "range_test") as tx:
            leases.record_range_test(tx, self._lease, found, warnings)
        self._notifier.publish_change(self._lease.job_id)

    def _share(self, epochs_done: float) -> float:
        return min(epochs_done / self._epochs, 1.0) if self._epochs else 1.0

    def _schedule(self) -> None:
        self._due_at = min(self._record_at, self._checkpoint_at)

    def _eta(self) -> float | None:
        done = self._fraction - self._first_fraction
        if done <= 0:
            return None
        return round((self._clock() - self._began) * (1 - self._fraction) / done, 3)
