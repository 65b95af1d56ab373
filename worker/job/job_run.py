"""Train one loaded job, and act between two batches on requests, deadlines and shutdown."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Any

from engine.training import checkpoint
from engine.training.events import BatchEnd, EpochEnd, Stopped
from engine.training.learning_rate_finder import RangeTestResult, run_range_test
from engine.training.loop import train
from engine.training.parallel.group import Group
from service.jobs.budgets import cpu_limit
from store.artifacts import blobs
from store.tables import Job
from tabular.profile import DataWarning
from worker.attempt.outcomes import Canceled, Failed, Interrupted, Outcome, Paused, Succeeded
from worker.context import WorkerContext
from worker.held_lease import HeldLease
from worker.job import learning_rate
from worker.job.cpu_budget import CpuBudget
from worker.job.findings import RunDiagnosis, facts_of, layer_sizes, new_data_warnings
from worker.job.finite_json import finite
from worker.job.loaded_job import LoadedJob
from worker.job.model_artifacts import in_target_units, model_columns, store_weights
from worker.job.recorder import Recorder

BUDGET_BEFORE_FIRST_EPOCH = DataWarning(
    code="budget_before_first_epoch",
    column=None,
    detail="The budget was used up before the first epoch had ended, so the model has learned from a part of the rows "
    "only. Increase the budget or use less data.",
)


class JobRun:
    """One attempt at a job in this process. Raises `LeaseLost` when the job belongs to another worker."""

    def __init__(
        self,
        context: WorkerContext,
        job: Job,
        held_lease: HeldLease,
        recorder: Recorder,
        group: Group | None = None,
    ) -> None:
        self._sessions = context.sessions
        self._is_draining = context.is_draining
        self._job = job
        self._held_lease = held_lease
        self._recorder = recorder
        self._group = group
        self._budget = CpuBudget(cpu_limit(job.spec, job.estimate), lambda: recorder.cpu_seconds)
        self._max_seconds = float(job.spec["training"]["max_runtime_seconds"])

    def train(self, loaded: LoadedJob) -> Outcome:
        """Find a learning rate if the job wants a range test, then train."""
        self._budget.begin(loaded)
        found = self._find_learning_rate(loaded)
        return self._train(found) if isinstance(found, LoadedJob) else found

    def _find_learning_rate(self, loaded: LoadedJob) -> LoadedJob | Outcome:
        """Return the job with the learning rate of its range test, or what ended the attempt during the test.

        An interrupted test leaves nothing behind. It runs again from its start and gives the same result.
        """
        if not learning_rate.is_wanted(loaded.plan, self._job.range_test):
            return loaded
        while (result := self._run_range_test(loaded)) is None:
            if outcome := self._check_for_end(loaded, save=lambda: True):
                return outcome
        stored = learning_rate.to_json(result, loaded.target.loss_scale)
        self._recorder.write_range_test(stored, learning_rate.warnings(loaded.plan, result))
        return loaded.with_range_test(stored)

    def _run_range_test(self, loaded: LoadedJob) -> RangeTestResult | None:
        """Run the range test; None if a request, a shutdown or the deadline interrupts it."""
        first, test = loaded.first, loaded.plan.training.range_test
        with closing(run_range_test(first.network, first.spec, first.training, test)) as events:
            for event in events:
                if isinstance(event, RangeTestResult):
                    return event
                if self._held_lease.requested or self._is_draining() or self._is_late() or self._budget.is_used_up():
                    break
        return None

    def _train(self, loaded: LoadedJob) -> Outcome:
        state, first, is_limited = loaded.state, loaded.first, self._budget.is_limited
        self._recorder.resume(state.epoch, _best(loaded))
        self._recorder.add_warnings(new_data_warnings(loaded, self._job.warnings))
        diagnosis = RunDiagnosis(self._job.warnings, partial(facts_of, loaded))
        if outcome := self._between_batches(loaded):
            return outcome
        rows = (first.training, first.validation)
        events = train(first.network, state, first.spec, *rows, members=loaded.others, group=self._group)
        for event in events:
            match event:
                case BatchEnd():
                    self._recorder.last_batch = event
                    if is_limited:
                        self._budget.count_batch(event)
                case EpochEnd():
                    self._budget.count_epoch()
                    self._note_epoch(loaded, event)
                    diagnosis.add(event)
                    if diagnosis.is_due:
                        self._recorder.add_warnings(diagnosis.new_warnings())
                case Stopped():
                    self._recorder.add_warnings(diagnosis.new_warnings())
                    return self._stopped(loaded, event)
            is_due = self._recorder.is_due or (is_limited and self._budget.is_due())
            if not (self._held_lease.requested or self._is_draining() or is_due):
                continue  # the usual case: there may be 30,000 batches in a second
            if outcome := self._between_batches(loaded):
                return outcome
        raise AssertionError("training always ends with a Stopped event")

    def _note_epoch(self, loaded: LoadedJob, event: EpochEnd) -> None:
        metrics = in_target_units(loaded, event.metrics)
        best = loaded.state.best
        new_best = _best(loaded) if best and best.epoch == event.epoch else None
        self._recorder.add_epoch(event.epoch, metrics, new_best, finite(layer_sizes(event)))

    def _stopped(self, loaded: LoadedJob, stopped: Stopped) -> Outcome:
        if stopped.reason == "diverged":
            return _diverged(stopped.detail, store_weights(self._sessions, loaded).id)
        return self._succeeded(loaded, stopped.reason)

    def _between_batches(self, loaded: LoadedJob) -> Outcome | None:
        """Return what ends the attempt, if anything does. Otherwise write the progress and checkpoint that are due."""

        def save() -> bool:
            return self._recorder.write_checkpoint(blobs.chunks_of(checkpoint.dump(loaded.state)))

        outcome = self._check_for_end(loaded, save)
        if outcome is None and self._recorder.checkpoint_is_due:
            save()
        return outcome

    def _check_for_end(self, loaded: LoadedJob, save: Callable[[], bool]) -> Outcome | None:
        """Return what ends the attempt now, if anything does.

        `save` stores a checkpoint, and returns False if it could not.
        """
        match self._held_lease.requested:
            case "cancel":
                return Canceled()
            case "stop" if loaded.state.epoch >= self._first_model_epoch(loaded):
                return self._succeeded(loaded, "user_stop")
            case "pause" if self._recorder.may_checkpoint:
                if save():
                    return Paused()
        if self._is_draining():
            save()
            return Interrupted()
        if self._budget.is_used_up():
            return self._out_of_budget(loaded)
        return self._out_of_time(loaded) if self._is_late() else None

    def _first_model_epoch(self, loaded: LoadedJob) -> int:
        """Return how many epochs have to end before the job can stop with a model.

        A lost worker's epochs are repeated first. In its first epoch, an ensemble has networks that have not begun.
        """
        return max(self._job.epoch, 0 if loaded.plan.ensemble is None else min(1, self._job.epochs))

    def _is_late(self) -> bool:
        """Whether the job has used up its `max_runtime_seconds`. Writes the progress that is due."""
        if not self._recorder.record_is_due:
            return False
        self._held_lease.check()
        if self._recorder.ran_seconds > self._max_seconds:
            return True
        self._recorder.write_progress()
        return False

    def _out_of_time(self, loaded: LoadedJob) -> Outcome:
        if loaded.state.best is None:
            seconds = loaded.plan.training.max_runtime_seconds
            detail = (
                f"No epoch finished within max_runtime_seconds = {seconds:g}. "
                "Increase max_runtime_seconds or use less data."
            )
            return Failed(code="max_runtime", detail=detail, stop_reason="max_runtime")
        return self._succeeded(loaded, "max_runtime")

    def _out_of_budget(self, loaded: LoadedJob) -> Outcome:
        """Keep the best weights so far. Before the first epoch has ended, those are the present ones."""
        if loaded.state.best is None:
            self._recorder.add_warnings([asdict(BUDGET_BEFORE_FIRST_EPOCH)])
        return self._succeeded(loaded, "budget")

    def _succeeded(self, loaded: LoadedJob, reason: str) -> Succeeded:
        best = loaded.state.best
        metrics = in_target_units(loaded, best.metrics) if best else {}
        return Succeeded(stop_reason=reason, model=model_columns(self._sessions, loaded, metrics))


def _best(loaded: LoadedJob) -> dict[str, Any] | None:
    """Return the best epoch so far as the job shows it."""
    best = loaded.state.best
    return {"epoch": best.epoch, **in_target_units(loaded, best.metrics)} if best else None


def _diverged(detail: dict[str, Any], weights_blob_id: str) -> Failed:
    where = "epoch {epoch}, batch {batch}, layer {layer}".format(**detail)
    text = (
        f"Training diverged in {where}: the loss or a gradient became infinite, NaN or very large. "
        "Use a smaller learning_rate or set clip_norm."
    )
    return Failed(code="diverged", detail=text, more=detail, stop_reason="diverged", weights_blob_id=weights_blob_id)
