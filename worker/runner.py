"""Run queued jobs and batches one after the other: claim, load, train or predict, classify, finish."""

import logging
import time
from contextlib import AbstractContextManager

from structlog.contextvars import bound_contextvars

from engine.training.parallel.group import Group
from service import tracing
from service.metrics.definitions import ATTEMPTS_ABANDONED, JOB_RETRIES, TRAINING_SECONDS
from service.predictions.loaded_models import LoadedModels
from store.db.transaction import transaction
from store.errors import LeaseLost
from store.ids import JobId
from store.jobs import claims
from store.jobs.leases import Lease
from store.tables import Job
from worker.attempt import retry
from worker.attempt.finishing import Finisher
from worker.attempt.outcomes import Outcome
from worker.attempt.progress import ProgressRecorder
from worker.batch import failures
from worker.batch.batch_run import BatchRun
from worker.batch.recorder import BatchRecorder
from worker.claiming import Claimer
from worker.context import WorkerContext
from worker.held_lease import HeldLease
from worker.job import failure_classification
from worker.job.job_run import JobRun
from worker.job.loading import JobLoader
from worker.job.recorder import Recorder
from worker.mpi_launcher import ProcessLauncher, processes_of

log = logging.getLogger(__name__)

MAX_MODEL_BYTES = 64 << 20  # of the models that batches used last


class Runner:
    """Runs the jobs of one process. `group`: the processes that train with this one; None: it can start some."""

    def __init__(self, context: WorkerContext, group: Group | None = None) -> None:
        self._context = context
        self._claimer = Claimer(context)
        self._loader = JobLoader(context.sessions)
        self._models = LoadedModels(context.sessions, max_bytes=MAX_MODEL_BYTES)
        self._finisher = Finisher(context)
        self._group, self._launcher = group, ProcessLauncher(context)

    def close(self) -> None:
        """Send pending notifications, if the broker accepts them soon."""
        self._context.notifier.close()
        self._context.metrics.close()
        tracing.flush()

    def run_all(self) -> None:
        """Run queued jobs until none is left or the process has to stop. After a while, notify a worker of the rest."""
        end = time.monotonic() + self._context.run_seconds
        while not self._context.is_draining() and (job := self._claimer.claim()):
            with _log_context(job), tracing.span("job", job.traceparent, job_id=job.id, attempt=job.attempt):
                self._run(job)
            if time.monotonic() > end:
                self._context.notifier.notify_workers()
                return

    def run_claimed(self, lease: Lease, *, is_exact: bool) -> None:
        """Run a job that the worker has claimed for this group. `is_exact`: all processes compute the same bits."""
        with transaction(self._context.sessions, "find_claimed") as tx:
            job = claims.get_held(tx, lease)
            if not is_exact:
                claims.mark_inexact(tx, lease)
        with _log_context(job), tracing.span("job", job.traceparent, job_id=job.id, attempt=job.attempt):
            self._run(job)

    def _run_in_processes(self, job: Job, held_lease: HeldLease) -> None:
        outcome = self._launcher.run(job, held_lease)
        if outcome is not None:
            outcome = retry.decide(outcome, job.attempt, self._context.settings.max_attempts, job.kind)
            self._finisher.finish_without_progress(held_lease, outcome)

    def _run(self, job: Job) -> None:
        """Run one claimed job until it ends or leaves this worker."""
        lease = Lease(job_id=JobId(job.id), fence=job.fence)
        log.info("Attempt %d started.", job.attempt)
        metrics, began = self._context.metrics, time.monotonic()
        if job.attempt > 1:
            metrics.count(JOB_RETRIES)
        try:
            with self._context.lease_keeper.holding(lease, job.requested) as held_lease:
                if self._group is None and processes_of(job) > 1:
                    self._run_in_processes(job, held_lease)
                    return
                recorder, outcome = self._attempt(job, held_lease)
                outcome = retry.decide(outcome, job.attempt, self._context.settings.max_attempts, job.kind)
                with tracing.span("finish"):
                    self._finisher.finish(held_lease, recorder, outcome)
        except LeaseLost:
            metrics.count(ATTEMPTS_ABANDONED)
            log.warning("Lease lost; abandoning this attempt. The job was requeued or claimed by another worker.")
            return
        finally:
            metrics.count(TRAINING_SECONDS, amount=time.monotonic() - began)
        log.info("Attempt %d ended: %s.", job.attempt, type(outcome).__name__.lower())

    def _attempt(self, job: Job, held_lease: HeldLease) -> tuple[ProgressRecorder, Outcome]:
        """Do the work. Every error except `LeaseLost` becomes an outcome."""
        if job.kind == "batch":
            batch_recorder = BatchRecorder(self._context, job, held_lease)
            return batch_recorder, self._predict(job, held_lease, batch_recorder)
        recorder = Recorder(self._context, job, held_lease)
        return recorder, self._train(job, held_lease, recorder)

    def _train(self, job: Job, held_lease: HeldLease, recorder: Recorder) -> Outcome:
        try:
            with tracing.span("load"):
                loaded = self._loader.load(job)
            with tracing.span("train"):
                return JobRun(self._context, job, held_lease, recorder, self._group).train(loaded)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - classified and logged
            return failure_classification.classify(error)

    def _predict(self, batch: Job, held_lease: HeldLease, recorder: BatchRecorder) -> Outcome:
        try:
            with tracing.span("predict"):
                return BatchRun(self._context, self._models, batch, held_lease, recorder).predict()
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - classified and logged
            return failures.classify(error)


def _log_context(job: Job) -> AbstractContextManager[None]:
    """Add the job, and the request that created it, to every log line of its run."""
    origin = {"request_id": job.request_id} if job.request_id else {}
    return bound_contextvars(job_id=job.id, **origin)
