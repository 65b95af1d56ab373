"""Record how many rows of a batch are answered."""

import time
from collections.abc import Callable

from service.metrics.definitions import PREDICTION_ROWS
from store.jobs.leases import Progress
from store.tables import Job
from worker.attempt.progress import ProgressRecorder
from worker.context import WorkerContext
from worker.held_lease import HeldLease

CHECKPOINT_SECONDS = 10.0  # of work that is repeated at most after a crash


class BatchRecorder(ProgressRecorder):
    """Writes the progress of a batch. Raises `LeaseLost` when it belongs to another worker."""

    def __init__(
        self, context: WorkerContext, batch: Job, held_lease: HeldLease, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(context, batch, held_lease, CHECKPOINT_SECONDS, clock)
        self._total: int = batch.spec["rows"]
        self.rows = 0

    def resume(self, rows: int) -> None:
        """Continue after the rows of a checkpoint. Those that an earlier attempt answered after it are repeated."""
        self._set(rows)
        self._first_fraction = self._fraction

    def add(self, rows: int) -> None:
        """Note that so many rows are answered, and their part of the result is written."""
        self._metrics_recorder.count(PREDICTION_ROWS, amount=rows)
        self._set(self.rows + rows)

    def _set(self, rows: int) -> None:
        self.rows = rows
        self._fraction = self.rows / self._total if self._total else 1.0

    def _progress(self) -> Progress:
        return Progress(
            epoch=0,
            fraction=self._fraction,
            eta_seconds=self._eta_seconds(),
            metrics={"rows": self.rows},
            best=None,
            ran_seconds=round(self.ran_seconds, 3),
            cpu_seconds=round(self.cpu_seconds, 3),
        )

    def _forget_written(self) -> None:
        pass  # the next record has the rows as they are then
