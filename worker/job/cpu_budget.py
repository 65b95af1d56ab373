"""Stop a job before its processor time exceeds its budget, its evaluation included."""

import time
from collections.abc import Callable

from engine.training.events import BatchEnd
from worker.job.evaluation_work import EvaluationWork, measure_work
from worker.job.loaded_job import LoadedJob

NEXT_CHECK = 0.5  # of the time until the budget would be used up; checks become more frequent toward the end
MIN_CHECK_SECONDS = 0.001
MAX_THREADS_ASSUMED = 2.0  # processor seconds per second


class CpuBudget:
    """The budget of an attempt. Without a limit it does nothing.

    Training stops when what is left would not pay for the next batch, the end of its epoch if the batch is the last
    one, and the evaluation. The first two are measured while the job trains. What other attempts used counts, and the
    batches that a lost worker trained after its last checkpoint count twice, as they are trained twice.
    """

    def __init__(self, limit: float | None, cpu_seconds: Callable[[], float]) -> None:
        self._limit = limit
        self._cpu_seconds = cpu_seconds
        self._work = EvaluationWork(epoch_end=0.0, evaluation=0.0)
        self._measured_epoch_end = 0.0
        self._batch_seconds = 0.0
        self._batches = 0
        self._epoch_end_began: float | None = None  # set between the last batch of an epoch and its end
        self._checked = (0.0, 0)  # processor time and batches at the last check
        self._check_at = 0.0  # on the monotonic clock

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._limit is not None

    def begin(self, loaded: LoadedJob) -> None:
        """Measure what the evaluation will take."""
        if self._limit is not None:
            self._work = measure_work(loaded)
            self._checked = (self._cpu_seconds(), self._batches)

    def count_batch(self, batch: BatchEnd) -> None:
        """Note a batch. Validation follows the last one of an epoch."""
        self._batches += 1
        self._epoch_end_began = self._cpu_seconds() if batch.batch == batch.batches else None

    def count_epoch(self) -> None:
        """Note the end of an epoch, whose time is not that of batches."""
        if self._epoch_end_began is None:
            return
        took, self._epoch_end_began = self._cpu_seconds() - self._epoch_end_began, None
        self._measured_epoch_end = max(took, self._measured_epoch_end)
        cpu_seconds, batches = self._checked
        self._checked = (cpu_seconds + took, batches)

    def is_due(self) -> bool:
        """Whether it is time to look: an epoch ends, or the budget might be used up soon."""
        if self._limit is None:
            return False
        return self._epoch_end_began is not None or time.monotonic() >= self._check_at

    def is_used_up(self) -> bool:
        """Whether what follows, a batch or the end of an epoch, would exceed the budget."""
        if self._limit is None:
            return False
        self._measure_batches()
        left = self._limit - self._cpu_seconds() - self._work.evaluation
        self._check_at = time.monotonic() + max(left * NEXT_CHECK / MAX_THREADS_ASSUMED, MIN_CHECK_SECONDS)
        if self._epoch_end_began is not None:
            return left < max(self._measured_epoch_end, self._work.epoch_end)
        return left < self._batch_seconds

    def _measure_batches(self) -> None:
        cpu_before, batches_before = self._checked
        cpu_seconds, batches = self._cpu_seconds(), self._batches
        if batches > batches_before:
            self._batch_seconds = max((cpu_seconds - cpu_before) / (batches - batches_before), self._batch_seconds / 2)
            self._checked = (cpu_seconds, batches)
