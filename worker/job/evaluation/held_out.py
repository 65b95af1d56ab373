"""What the networks of a job answer for rows that they did not train on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.losses.class_weights import ClassFactors
from engine.training.state import Member
from tabular.evaluation.blending import blended_loss, blending_weights
from worker.job.loaded_job import LoadedJob

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutAnswers:
    """Outputs for the rows that evaluate a job, in the order of its `truth`.

    outputs: of each bag, (n, *outputs): probabilities, or numbers as the networks learned them. With folds, each row is
        answered by the network that left it out; otherwise by the mean of the bag's networks.
    fold_rows: how many rows each fold has; empty without folds.
    """

    outputs: tuple[Floats, ...]
    fold_rows: tuple[int, ...]

    def mean(self, weights: Sequence[float]) -> Floats:
        """Return the weighted mean of the bags' outputs, computed as the model does."""
        if len(self.outputs) == 1:
            return self.outputs[0]
        each = zip(weights, self.outputs, strict=True)
        mean: Floats = np.sum([weight * outputs for weight, outputs in each if weight], axis=0)
        return mean


def answer_held_out(loaded: LoadedJob) -> HeldOutAnswers | None:
    """Let the networks answer the rows that they did not train on; None if there are none.

    Their weights have to be the final ones.
    """
    answers = _answers(loaded)
    if answers is None or loaded.exposure is None:
        return answers
    exposure = loaded.exposure[:, None]
    return replace(answers, outputs=tuple(outputs * exposure for outputs in answers.outputs))


def _answers(loaded: LoadedJob) -> HeldOutAnswers | None:
    if loaded.folds:
        return HeldOutAnswers(outputs=(_of_folds(loaded.folds),), fold_rows=_fold_rows(loaded.folds))
    if loaded.has_ensemble_of_folds:
        outputs = tuple(_of_folds(bag.members) for bag in loaded.bags)
        return HeldOutAnswers(outputs=outputs, fold_rows=_fold_rows(loaded.bags[0].members))
    if loaded.validation is None:
        return None
    each = zip(loaded.model.bags, loaded.bags, strict=True)
    outputs = tuple(bag.outputs(rows.members[0].validation.x) for bag, rows in each if rows.members[0].validation)
    return HeldOutAnswers(outputs=outputs, fold_rows=())


def _of_folds(members: Sequence[Member]) -> Floats:
    parts = [member.network.predict(rows.take(rows.x)) for member in members if (rows := member.validation)]
    return np.concatenate(parts).astype(np.float64)


def _fold_rows(members: Sequence[Member]) -> tuple[int, ...]:
    return tuple(len(member.validation or ()) for member in members)


def blend(loaded: LoadedJob, answers: HeldOutAnswers | None) -> tuple[float, ...]:
    """Return how much each bag counts: all the same if no row evaluates them."""
    bags = len(loaded.bags)
    if bags == 1 or answers is None:
        return (1 / bags,) * bags
    return blending_weights(loaded.target, loaded.truth, answers.outputs, _row_weights(loaded))


def describe_bags(loaded: LoadedJob, answers: HeldOutAnswers, weights: Sequence[float]) -> list[dict[str, Any]]:
    """Return the weight, the best epoch and the loss on held-out rows of each bag, as JSON values."""
    states = {id(loaded.first): loaded.state}
    states |= {id(member): state for member, state in zip(loaded.others, loaded.state.members, strict=True)}
    described = []
    for number, bag in enumerate(loaded.bags):
        best, alone = states[id(bag.members[0])].best, [float(other == number) for other in range(len(loaded.bags))]
        loss = blended_loss(loaded.target, loaded.truth, answers.outputs, alone, _row_weights(loaded))
        epoch = best.epoch if best else 0
        described.append({"networks": len(bag.members), "weight": weights[number], "epoch": epoch, "loss": loss})
    return described


def _row_weights(loaded: LoadedJob) -> Floats | None:
    """Return how much each held-out row counts in training, (n,): its sample weight times that of its class."""
    members = loaded.bags[0].members if loaded.has_ensemble_of_folds else loaded.bags[0].members[:1]
    parts = [member.validation for member in members if member.validation]
    y = np.concatenate([rows.take(rows.y) for rows in parts])
    given = [None if rows.sample_weights is None else rows.take(rows.sample_weights) for rows in parts]
    own = np.concatenate([weights for weights in given if weights is not None]) if given[0] is not None else None
    weighting = loaded.plan.training.class_weight
    return own if weighting is None else ClassFactors.of(y, weighting, own).weights(y, own)
