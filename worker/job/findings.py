"""What is wrong with a run, told while it runs: each finding once, as a warning of the job."""

import time
from collections import Counter
from typing import Any

from engine.diagnostics.findings import Finding, find
from engine.training.events import EpochEnd
from worker.job.loading import Prepared

JUDGING_SHARE = 0.002  # of the time: what judging the epochs so far may cost


class Diagnosis:
    """The epochs of a run so far, and what was told about them."""

    def __init__(self, told: list[dict[str, Any]], class_counts: tuple[int, ...]) -> None:
        self._told = {warning["code"] for warning in told}
        self._class_counts = class_counts
        self._history: list[EpochEnd] = []
        self._judge_at = 0.0

    def note(self, end: EpochEnd) -> None:
        """Add a finished epoch."""
        self._history.append(end)

    @property
    def is_due(self) -> bool:
        """Whether the epochs so far may be judged again: it takes the longer, the more there are."""
        return time.monotonic() >= self._judge_at

    def news(self) -> list[dict[str, Any]]:
        """Findings of kinds that were not told before, as warnings."""
        began = time.monotonic()
        findings = [
            finding for finding in find(self._history, class_counts=self._class_counts) if self._is_new(finding)
        ]
        self._told |= {finding.code for finding in findings}
        self._judge_at = began + (time.monotonic() - began) / JUDGING_SHARE
        return [_warning(finding, self._history[-1].epoch) for finding in findings]

    def _is_new(self, finding: Finding) -> bool:
        return finding.code not in self._told


def class_counts(prepared: Prepared) -> tuple[int, ...]:
    """How many training rows each class has; nothing if classes are weighed, or the target is not one of classes."""
    y, classes = prepared.training.y, prepared.target.classes
    if not classes or y.ndim > 1 or prepared.plan.training.class_weight is not None:
        return ()
    counts = Counter(y.astype(int).tolist())
    return tuple(counts.get(place, 0) for place in range(len(classes)))


def layer_sizes(end: EpochEnd) -> list[dict[str, Any]]:
    """The sizes of gradients, weights, updates and activations per layer, where this epoch has them."""
    return [layer.as_json() for layer in end.layers]


def _warning(finding: Finding, epoch: int) -> dict[str, Any]:
    where = f" ({', '.join(finding.layers)})" if finding.layers else ""
    detail = f"Epoch {epoch}: {finding.seen}{where}."
    return {"code": finding.code, "column": None, "detail": detail, "fix": finding.advice}
