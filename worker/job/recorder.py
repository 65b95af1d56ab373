"""Record the progress of a training run: epochs, warnings and checkpoints."""

import time
from collections.abc import Callable
from typing import Any

from engine.training.events import BatchEnd
from messaging.notifications import publish_change
from service.metrics.definitions import EPOCHS
from store.db.transaction import transaction
from store.jobs import leases
from store.jobs.leases import Progress
from store.tables import Job
from worker.attempt.progress import ProgressRecorder
from worker.context import WorkerContext
from worker.held_lease import HeldLease


class Recorder(ProgressRecorder):
    """Writes a job's progress, epochs and checkpoints. Raises `LeaseLost` when the job belongs to another worker."""

    def __init__(
        self, context: WorkerContext, job: Job, held_lease: HeldLease, clock: Callable[[], float] = time.monotonic
    ) -> None:
        checkpoint_seconds = float(job.spec["training"]["checkpoint_every_seconds"])
        super().__init__(context, job, held_lease, checkpoint_seconds, clock)
        self._epochs = job.epochs
        self._epoch, self._metrics, self._best = job.epoch, dict(job.metrics), job.best
        self.last_batch: BatchEnd | None = None  # an attribute, because a call after each batch would cost time
        self._unwritten_epochs: dict[int, dict[str, Any]] = {}
        self._unwritten_warnings: list[dict[str, Any]] = []

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

    # --- writing

    def write_range_test(self, result: dict[str, Any], warnings: list[dict[str, Any]]) -> None:
        """Write the result of the range test at once, because every later attempt uses it."""
        with transaction(self._sessions, "range_test") as tx:
            leases.record_range_test(tx, self._lease, result, warnings)
            publish_change(tx, self._lease.job_id)

    def _progress(self) -> Progress:
        if self.last_batch:
            done = self.last_batch.epoch - 1 + self.last_batch.batch / self.last_batch.batches
            self._fraction = self._fraction_of(done)
        return Progress(
            epoch=self._epoch,
            fraction=self._fraction,
            eta_seconds=self._eta_seconds(),
            metrics=self._metrics,
            best=self._best,
            ran_seconds=round(self.ran_seconds, 3),
            cpu_seconds=round(self.cpu_seconds, 3),
            peak_bytes=self.peak_bytes,
            epochs=self._unwritten_epochs,
            warnings=self._unwritten_warnings,
        )

    def _forget_written(self) -> None:
        self._unwritten_epochs, self._unwritten_warnings = {}, []

    def _fraction_of(self, epochs_done: float) -> float:
        return min(epochs_done / self._epochs, 1.0) if self._epochs else 1.0
