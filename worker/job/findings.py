"""Warn about problems of a training run while it runs, once for each kind."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from engine.diagnostics.findings import Finding, find
from engine.training.events import EpochEnd
from worker.job.loaded_job import LoadedJob

EVERY_EPOCH = 10  # diagnosis runs after each of the first epochs
GROWTH = 1.1  # and then whenever there are a tenth more, because it takes longer with each epoch


class RunDiagnosis:
    """The finished epochs of a run, and the kinds of warnings that were already reported."""

    def __init__(self, reported: list[dict[str, Any]], facts: Callable[[], dict[str, Any]] = dict) -> None:
        """`facts`: what else `find` needs to know, when diagnosis runs."""
        self._reported = {warning["code"] for warning in reported}
        self._facts = facts
        self._history: list[EpochEnd] = []

    def add(self, end: EpochEnd) -> None:
        """Add a finished epoch."""
        self._history.append(end)

    @property
    def is_due(self) -> bool:
        """Whether the last epoch is one after which diagnosis runs: always the same ones, however fast the machine."""
        return bool(self._history) and is_diagnosed(self._history[-1].epoch)

    def new_warnings(self) -> list[dict[str, Any]]:
        """Diagnose the epochs so far; return warnings of kinds that were not reported before."""
        found = find(self._history, **self._facts())
        findings = [finding for finding in found if finding.code not in self._reported]
        self._reported |= {finding.code for finding in findings}
        return [_warning(finding, self._history[-1].epoch) for finding in findings]


def facts_of(loaded: LoadedJob) -> dict[str, Any]:
    """Return what findings depend on beside the epochs. The first batch sets the limit of the loss."""
    limit, factor = loaded.state.loss_limit, loaded.network.loss.divergence_factor
    return {
        "class_counts": class_counts(loaded),
        "first_loss": limit / factor if limit else None,  # at least 1
        "loss_scale": loaded.target.loss_scale,
        "line_search": loaded.plan.training.optimizer.type == "lbfgs",
    }


def is_diagnosed(epoch: int) -> bool:
    """Whether diagnosis runs after an epoch."""
    return epoch <= EVERY_EPOCH or int(math.log(epoch, GROWTH)) > int(math.log(epoch - 1, GROWTH))


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
