"""The rows that evaluate a job, each with the networks that did not train on it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.batches import Rows
from engine.training.state import Member
from tabular.evaluation.assessment import UnseenRows
from tabular.trained_model.bag import Bag
from tabular.trained_model.trained_model import TrainedModel
from worker.job.loaded_job import LoadedBag, LoadedJob

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def unseen_rows(loaded: LoadedJob, weights: Sequence[float]) -> list[UnseenRows]:
    """Return the rows that evaluate a job, in the order of its `truth`; empty if there are none.

    With folds, there is one part per fold. `weights`: of the bags; those with 0 are not in the model.
    """
    model = loaded.blended(weights)
    used = [(bag, weight) for bag, weight in zip(loaded.bags, weights, strict=True) if weight]
    if loaded.folds:
        found = list(_of_cross_validation(loaded, model))
    elif loaded.has_ensemble_of_folds:
        found = list(_of_ensemble(loaded, model, used))
    else:
        found = list(_of_validation(model, [bag for bag, _ in used]))
    return _with_truth(found, loaded.truth)


def training_flops(loaded: LoadedJob) -> float:
    """Return about how many operations training took."""
    members = (loaded.first, *loaded.others)
    per_epoch = sum(sum(member.network.sequential.flops()) * len(member.training) for member in members)
    return float(per_epoch * loaded.state.epoch)


def _of_cross_validation(loaded: LoadedJob, model: TrainedModel) -> Iterator[UnseenRows]:
    for member, preprocessor in zip(loaded.folds, loaded.fold_preprocessors, strict=True):
        if member.validation is not None:
            own = replace(model, bags=(Bag(preprocessor=preprocessor, networks=(member.network,)),))
            yield _part(own, [member.validation])


def _of_ensemble(
    loaded: LoadedJob, model: TrainedModel, used: Sequence[tuple[LoadedBag, float]]
) -> Iterator[UnseenRows]:
    for number in range(len(loaded.bags[0].members)):
        members = [bag.members[number] for bag, _ in used]
        bags = tuple(
            Bag(preprocessor=bag.preprocessor, networks=(member.network,), weight=weight)
            for (bag, weight), member in zip(used, members, strict=True)
        )
        yield _part(replace(model, bags=bags), _validation(members))


def _of_validation(model: TrainedModel, used: Sequence[LoadedBag]) -> Iterator[UnseenRows]:
    if rows := _validation([bag.members[0] for bag in used]):
        yield _part(model, rows)


def _validation(members: Sequence[Member]) -> list[Rows]:
    return [member.validation for member in members if member.validation is not None]


def _part(model: TrainedModel, rows: Sequence[Rows]) -> UnseenRows:
    """Return rows whose inputs are given for each bag, without their truth."""
    first = rows[0]
    weights = None if first.sample_weights is None else first.take(first.sample_weights)
    inputs = [each.take(each.x) for each in rows]
    return UnseenRows(model=model, inputs=inputs, truth=np.empty((len(first), 0)), weights=weights)


def _with_truth(parts: Sequence[UnseenRows], truth: Floats) -> list[UnseenRows]:
    ends = np.cumsum([len(part.truth) for part in parts])[:-1]
    return [replace(part, truth=own) for part, own in zip(parts, np.split(truth, ends), strict=True)] if parts else []
