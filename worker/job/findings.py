"""Warn about problems of a training run while it runs, once for each kind."""

import time
from collections import Counter
from dataclasses import asdict
from typing import Any

from engine.diagnostics.findings import Finding, find
from engine.training.events import EpochEnd
from worker.job.loaded_job import LoadedJob

MAX_TIME_SHARE = 0.002  # of the training time that diagnosis may take


class RunDiagnosis:
    """The finished epochs of a run, and the kinds of warnings that were already reported."""

    def __init__(self, reported: list[dict[str, Any]], class_counts: tuple[int, ...]) -> None:
        self._reported = {warning["code"] for warning in reported}
        self._class_counts = class_counts
        self._history: list[EpochEnd] = []
        self._due_at = 0.0

    def add(self, end: EpochEnd) -> None:
        """Add a finished epoch."""
        self._history.append(end)

    @property
    def is_due(self) -> bool:
        """Whether diagnosis may run again. It takes longer with each epoch, so it runs less and less often."""
        return time.monotonic() >= self._due_at

    def new_warnings(self) -> list[dict[str, Any]]:
        """Diagnose the epochs so far; return warnings of kinds that were not reported before."""
        began = time.monotonic()
        findings = [
            finding
            for finding in find(self._history, class_counts=self._class_counts)
            if finding.code not in self._reported
        ]
        self._reported |= {finding.code for finding in findings}
        self._due_at = began + (time.monotonic() - began) / MAX_TIME_SHARE
        return [_warning(finding, self._history[-1].epoch) for finding in findings]


def new_data_warnings(loaded: LoadedJob, reported: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the rows show, without the warnings that an earlier attempt reported."""
    known = {(warning["code"], warning["column"]) for warning in reported}
    return [asdict(warning) for warning in loaded.warnings if (warning.code, warning.column) not in known]


def class_counts(loaded: LoadedJob) -> tuple[int, ...]:
    """Count the training rows of each class; empty if classes have weights or the target has no classes."""
    y, classes = loaded.training.y, loaded.target.classes
    if not classes or y.ndim > 1 or loaded.plan.training.class_weight is not None:
        return ()
    counts = Counter(y.astype(int).tolist())
    return tuple(counts.get(index, 0) for index in range(len(classes)))


def layer_sizes(end: EpochEnd) -> list[dict[str, Any]]:
    """Return the sizes of gradients, weights, updates and activations per layer, if this epoch has them."""
    return [layer.as_json() for layer in end.layers]


def _warning(finding: Finding, epoch: int) -> dict[str, Any]:
    where = f" ({', '.join(finding.layers)})" if finding.layers else ""
    detail = f"Epoch {epoch}: {finding.seen}{where}."
    return {"code": finding.code, "column": None, "detail": detail, "fix": finding.advice}
