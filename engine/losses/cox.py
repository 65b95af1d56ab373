"""Times until an event, some of them censored: the partial likelihood of proportional hazards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.losses.loss import Loss
from engine.memory import Array, Buffers, Shape
from engine.metrics.score import Floats, Score
from engine.metrics.survival import concordance
from engine.spec import CoxSpec


class Cox(Loss):
    """The negative partial log-likelihood per row (Cox, 1972), of log relative risks z (rows, 1).

    Targets are (rows, 2): the time, and 1 for an event or 0 for a censored row, whose event was not seen until then.
    Each event is compared with the rows that are at risk then: those of the same batch with this time or a later one.
    So larger batches compare more rows, and a batch without events has the gradient 0. Events at the same time count by
    Efron's approximation (1977), or Breslow's (1974). The weights of rows multiply their part in both.
    """

    def __init__(self, spec: CoxSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        if output_shape != (1,):
            raise ValueError("cox has one output")
        self.efron = spec.ties == "efron"

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - as every loss
        """Declare nothing: sorting needs memory of its own in every batch."""
        return {}

    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Compute both in float64."""
        weights = sample_weights.astype(np.float64) * len(targets)
        loss, gradient = partial_likelihood(logits[:, 0], targets, weights, efron=self.efron)
        logits[:, 0] = gradient / len(targets)
        return loss / len(targets)

    def activate(self, logits: Array) -> Array:
        """Return log relative risks."""
        return logits

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:  # noqa: ARG002 - as every loss
        """Return dy: nothing is activated."""
        return dy

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return times and events (rows, 2)."""
        if y.ndim != 2 or y.shape[1] != 2:
            raise ValueError(f"targets must have shape (rows, 2), not {y.shape}")
        if len(y) and not (y[:, 0].min() >= 0 and np.isin(y[:, 1], (0, 1)).all()):
            raise ValueError("targets of cox must be times of at least 0 and events, which are 0 or 1")
        return np.ascontiguousarray(y, dtype=dtype)

    def prior(self, targets: Array, weights: Floats) -> Floats:  # noqa: ARG002 - as every loss
        """Return 0: the same risk for all."""
        return np.zeros(1)

    def score(self, requested: Collection[str] = ()) -> Score:  # noqa: ARG002 - there are no more metrics
        """Return the concordance index, and the loss with all rows at risk together."""
        return SurvivalScore(efron=self.efron)


class SurvivalScore(Score):
    """The concordance index of log risks, and their loss as one batch."""

    names = ("concordance",)

    def __init__(self, *, efron: bool) -> None:
        self.efron = efron
        self.kept = list[tuple[Floats, Floats, Floats]]()

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Keep the block."""
        each = np.ones(len(targets)) if weights is None else weights
        self.kept.append((logits[:, 0].astype(np.float64), targets.astype(np.float64), each))

    def metrics(self) -> dict[str, float]:
        """Return `concordance`, and `loss`, which replaces the mean over blocks."""
        z, targets, weights = (np.concatenate(part) for part in zip(*self.kept, strict=True))
        loss, _ = partial_likelihood(z, targets, weights / weights.mean(), efron=self.efron)
        return {"concordance": concordance(z, targets, weights), "loss": loss / len(z)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSets:
    """Rows by falling time, in groups of equal times, and what each event is compared with; not events of weight 0.

    `order: (rows,)`; `group: (rows,)` of each row in that order; `risk: (rows,)` weight times relative risk, in that
    order, of log risks minus `shift`; `events`: positions in the order. For each event: `weight`, the mean over the
    events of its group; `share`, of the risk of its group's events that Efron leaves out; `at_risk`, what remains.
    """

    order: Array
    group: Array
    risk: Floats
    shift: float
    events: Array
    weight: Floats
    share: Floats
    at_risk: Floats

    @classmethod
    def of(cls, z: Array, targets: Array, weights: Floats, *, efron: bool) -> RiskSets:
        """Sort rows by time, and add up the risk at each event."""
        order = np.argsort(-targets[:, 0], kind="stable")
        times, is_event = targets[order, 0], (targets[order, 1] > 0) & (weights[order] > 0)
        group = np.cumsum(np.concatenate([[0], times[1:] != times[:-1]]))
        shift = float(z.max())
        risk = weights[order] * np.exp(z[order].astype(np.float64) - shift)
        total = np.cumsum(np.bincount(group, risk))
        events = np.flatnonzero(is_event)
        of_event = group[events]
        counts = np.bincount(of_event, minlength=len(total))
        tied_risk, tied_weight = (
            np.bincount(of_event, values[events], len(total)) for values in (risk, weights[order])
        )
        first = np.cumsum(counts) - counts
        share = (np.arange(len(events)) - first[of_event]) / counts[of_event] if efron else np.zeros(len(events))
        return cls(
            order=order,
            group=group,
            risk=risk,
            shift=shift,
            events=events,
            weight=tied_weight[of_event] / counts[of_event],
            share=share,
            at_risk=total[of_event] - share * tied_risk[of_event],
        )

    @property
    def hazards(self) -> Floats:
        """The part of each event in the rise of the cumulative baseline hazard, for log risks minus `shift`."""
        return self.weight / self.at_risk


def partial_likelihood(z: Array, targets: Array, weights: Floats, *, efron: bool) -> tuple[float, Floats]:
    """Return the negative weighted partial log-likelihood and its gradient (rows,). A weight is 1 on average.

    `z: (rows,)`, `targets: (rows, 2)` times and events, `weights: (rows,)`.
    """
    gradient = np.zeros(len(z))
    if not targets[:, 1].any():
        return 0.0, gradient
    sets = RiskSets.of(z, targets, weights, efron=efron)
    events = sets.order[sets.events]
    loss = float(np.sum(sets.weight * (np.log(sets.at_risk) + sets.shift)) - np.sum(weights[events] * z[events]))
    groups, of_event = int(sets.group[-1]) + 1, sets.group[sets.events]
    rise = np.bincount(of_event, sets.hazards, groups)
    left_out = np.bincount(of_event, sets.hazards * sets.share, groups)
    cumulative = np.cumsum(rise[::-1])[::-1][sets.group]
    cumulative[sets.events] -= left_out[of_event]
    gradient[sets.order] = sets.risk * cumulative
    gradient[events] -= weights[events]
    return loss, gradient
