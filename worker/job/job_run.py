"""A worker's turn at a claimed job, from its data to an outcome."""

import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any

import duckdb

from engine.training import checkpoint
from engine.training.events import BatchEnd, EpochEnd, Stopped
from engine.training.learning_rate_finder import RangeTestResult, run_range_test
from engine.training.loop import train
from store.db.database import Sessions, is_statement_error, is_transient
from store.errors import BlobDamaged, LeaseLost
from store.tables import Job
from worker.job import learning_rate
from worker.job.findings import Diagnosis, class_counts, layer_sizes
from worker.job.initialization import BaseUnusable
from worker.job.loading import DatasetUnusable, JobLoader, Prepared
from worker.job.model_artifacts import finite, in_target_units, model_columns, store_weights
from worker.job.outcomes import Canceled, Failed, Interrupted, Outcome, Paused, Succeeded
from worker.job.recorder import Recorder
from worker.lease_keeper import HeldLease

log = logging.getLogger(__name__)


class JobRun:
    """One job in this process. `draining` tells whether the worker has to stop."""

    def __init__(  # noqa: PLR0913, PLR0917 - its collaborators, given once
        self,
        sessions: Sessions,
        loader: JobLoader,
        job: Job,
        held_lease: HeldLease,
        recorder: Recorder,
        draining: Callable[[], bool],
    ) -> None:
        self._sessions = sessions
        self._loader = loader
        self._job = job
        self._held_lease = held_lease
        self._recorder = recorder
        self._draining = draining
        self._most_seconds = float(job.spec["training"]["max_runtime_seconds"])

    def outcome(self) -> Outcome:
        """Train; whatever goes wrong is an outcome, but for `LeaseLost`."""
        try:
            prepared = self._at_rate(self._loader.load(self._job))
            return self._train(prepared) if isinstance(prepared, Prepared) else prepared
        except LeaseLost:
            raise
        except (DatasetUnusable, BlobDamaged) as error:
            return Failed(code="dataset_unusable", detail=f"The data set cannot be trained on: {error}.")
        except BaseUnusable as error:
            return Failed(code="base_unusable", detail=f"The job cannot start from what init_from names: {error}.")
        except (MemoryError, duckdb.OutOfMemoryException):
            detail = (
                "The worker has too little memory for this job: take fewer units, a smaller batch or fewer columns."
            )
            return Failed(code="out_of_memory", detail=detail)
        except Exception as error:
            if is_transient(error):
                log.warning("the database failed %s, which goes back to the queue: %s", self._job.id, error)
                return Interrupted(charged=is_statement_error(error))
            log.exception("%s failed", self._job.id)
            return Failed(code="internal", detail="An error on our side, which was logged under the job's id.")

    def _at_rate(self, prepared: Prepared) -> Prepared | Outcome:
        """The job at the learning rate that its range test finds, if it wants one; or what ended the turn meanwhile.

        A test that is interrupted leaves nothing, and is done again from its beginning, to the same end.
        """
        if not learning_rate.is_wanted(prepared.plan, self._job.range_test):
            return prepared
        while (found := self._tested(prepared)) is None:
            if outcome := self._answer(prepared, save=lambda: True):
                return outcome
        kept = learning_rate.shown(found, prepared.target.loss_scale)
        self._recorder.range_test(kept, learning_rate.warnings(prepared.plan, found))
        return prepared.at_rate(kept)

    def _tested(self, prepared: Prepared) -> RangeTestResult | None:
        """Run the range test; None if something was asked of the job meanwhile, or its time is up."""
        training = prepared.plan.training
        with closing(run_range_test(prepared.network, training, prepared.training, training.range_test)) as events:
            for event in events:
                if isinstance(event, RangeTestResult):
                    return event
                if self._held_lease.requested or self._draining() or self._is_late():
                    break
        return None

    def _train(self, prepared: Prepared) -> Outcome:
        state, training = prepared.state, prepared.plan.training
        self._recorder.resume(state.epoch, _best(prepared))
        diagnosis = Diagnosis(self._job.warnings, class_counts(prepared))
        if outcome := self._attend(prepared):
            return outcome
        events = train(prepared.network, state, training, prepared.training, prepared.validation)
        for event in events:
            match event:
                case BatchEnd():
                    self._recorder.beat = event
                case EpochEnd():
                    self._note_epoch(prepared, event)
                    diagnosis.note(event)
                case Stopped():
                    self._recorder.warn(diagnosis.news())
                    return self._ended(prepared, event)
            if not (self._held_lease.requested or self._draining() or self._recorder.is_due):
                continue  # as after nearly every batch, of which there may be 30,000 in a second
            if self._recorder.record_is_due and diagnosis.is_due:
                self._recorder.warn(diagnosis.news())
            if outcome := self._attend(prepared):
                return outcome
        raise AssertionError("training ends with Stopped")

    def _note_epoch(self, prepared: Prepared, event: EpochEnd) -> None:
        metrics = in_target_units(prepared, event.metrics)
        found = prepared.state.best
        best = _best(prepared) if found and found.epoch == event.epoch else None
        self._recorder.epoch(event.epoch, metrics, best, finite(layer_sizes(event)))

    def _ended(self, prepared: Prepared, stopped: Stopped) -> Outcome:
        if stopped.reason == "diverged":
            return _diverged(stopped.detail, store_weights(self._sessions, prepared).id)
        return self._succeeded(prepared, stopped.reason)

    def _attend(self, prepared: Prepared) -> Outcome | None:
        """Between two batches: see what is asked for, and write down what is due."""

        def save() -> bool:
            return self._recorder.checkpoint(checkpoint.dump(prepared.state))

        outcome = self._answer(prepared, save)
        if outcome is None and self._recorder.checkpoint_is_due:
            save()
        return outcome

    def _answer(self, prepared: Prepared, save: Callable[[], bool]) -> Outcome | None:
        """What ends the turn now, if anything does; `save` keeps what must not be lost, or tells that it could not."""
        match self._held_lease.requested:
            case "cancel":
                return Canceled()
            case "stop" if prepared.state.epoch >= self._job.epoch:  # no less than a lost worker had made of it
                return self._succeeded(prepared, "user_stop")
            case "pause" if self._recorder.may_checkpoint:
                if save():
                    return Paused()
        if self._draining():
            save()
            return Interrupted()
        return self._out_of_time(prepared) if self._is_late() else None

    def _is_late(self) -> bool:
        """Whether the job's time is up; writes down what is due."""
        if not self._recorder.record_is_due:
            return False
        self._held_lease.check()
        if self._recorder.ran_seconds > self._most_seconds:
            return True
        self._recorder.record()
        return False

    def _out_of_time(self, prepared: Prepared) -> Outcome:
        if prepared.state.best is None:
            seconds = prepared.plan.training.max_runtime_seconds
            detail = f"Not one epoch was done within max_runtime_seconds = {seconds:g}."
            return Failed(code="max_runtime", detail=detail, stop_reason="max_runtime")
        return self._succeeded(prepared, "max_runtime")

    def _succeeded(self, prepared: Prepared, reason: str) -> Succeeded:
        best = prepared.state.best
        metrics = in_target_units(prepared, best.metrics) if best else {}
        return Succeeded(stop_reason=reason, model=model_columns(self._sessions, prepared, metrics))


def _best(prepared: Prepared) -> dict[str, Any] | None:
    """The best epoch so far, as the job shows it."""
    best = prepared.state.best
    return {"epoch": best.epoch, **in_target_units(prepared, best.metrics)} if best else None


def _diverged(detail: dict[str, Any], weights_blob_id: str) -> Failed:
    where = "epoch {epoch}, batch {batch}, layer {layer}".format(**detail)
    advice = "Take a smaller learning_rate, or set clip_norm."
    text = f"Training diverged in {where}: the loss or its gradient is not finite or has exploded. {advice}"
    return Failed(code="diverged", detail=text, more=detail, stop_reason="diverged", weights_blob_id=weights_blob_id)
