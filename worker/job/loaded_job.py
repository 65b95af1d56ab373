"""A loaded job: its networks with their rows, and what turns them into a model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from engine.batches import Rows
from engine.network import Network
from engine.training.state import Member, TrainingState, final_parameters, initialize_training
from tabular.planning.plan import Plan
from tabular.preprocessing.forecast import Forecast
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.preprocessing.training_arrays import LastValues
from tabular.profile import DataWarning
from tabular.reading import RowReading
from tabular.trained_model.bag import Bag
from tabular.trained_model.trained_model import TrainedModel
from worker.job.learning_rate import with_range_test

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedBag:
    """Networks that read the same inputs, each with its rows and its training; most jobs have one bag of one network.

    `rows`: all rows that train a network of the bag.
    """

    preprocessor: Preprocessor
    rows: Rows
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedJob:
    """Everything that training needs, in memory.

    `folds`: the networks of a cross-validation, which are not part of the model, with their `fold_preprocessors`.
    `validation`: the rows that evaluate all networks of the first bag; None for folds, and without such rows.
    `exposure`: of the rows that evaluate the networks, (n,); None if the target has none.
    `training_truth`, `truth`: the true targets of the training rows, and of the rows that evaluate the networks.
    """

    plan: Plan
    target: TargetEncoder
    bags: tuple[LoadedBag, ...]
    folds: tuple[Member, ...]
    state: TrainingState
    training_truth: Floats
    truth: Floats
    held_out: dict[str, Any]
    warnings: tuple[DataWarning, ...]
    reading: RowReading | None
    forecast: Forecast | None
    last_values: LastValues | None
    exposure: Floats | None = None
    fold_preprocessors: tuple[Preprocessor, ...] = ()

    @property
    def first(self) -> Member:
        """The network that the run begins with; the only one of most jobs."""
        return self.bags[0].members[0]

    @property
    def others(self) -> tuple[Member, ...]:
        """All other networks that train, in the order of the training state."""
        return other_members(self.bags, self.folds)

    @property
    def network(self) -> Network:
        """The first network."""
        return self.first.network

    @property
    def training(self) -> Rows:
        """All training rows, as inputs of the first bag."""
        return self.bags[0].rows

    @property
    def validation(self) -> Rows | None:
        """The rows that evaluate the first network."""
        return self.first.validation

    @property
    def has_ensemble_of_folds(self) -> bool:
        """Whether the networks of the model leave rows out, each its own."""
        return self.plan.ensemble is not None and self.plan.ensemble.type == "folds"

    @property
    def model(self) -> TrainedModel:
        """The model with the weights that its networks have now; all bags count the same."""
        return self.blended([1 / len(self.bags)] * len(self.bags))

    def blended(self, weights: Sequence[float]) -> TrainedModel:
        """Return the model with the weights that its networks have now, and with these weights of the bags.

        Bags with the weight 0 are left out. The model is evaluated, stored and served as it is.
        """
        bags = tuple(
            Bag(
                preprocessor=bag.preprocessor,
                networks=tuple(member.network for member in bag.members),
                weight=weight,
            )
            for bag, weight in zip(self.bags, weights, strict=True)
            if weight
        )
        return TrainedModel(bags=bags, target=self.target, reading=self.reading, forecast=self.forecast)

    def use_final_parameters(self) -> None:
        """Give all networks the weights of their best epoch, or the last finite ones."""
        states = (self.state, *self.state.members)
        for member, state in zip((self.first, *self.others), states, strict=True):
            member.network.parameters.vector[:] = final_parameters(state)

    def with_range_test(self, stored: dict[str, Any]) -> Self:
        """Return the job before its first batch, with the learning rate that its range test suggests."""
        plan = with_range_test(self.plan, stored)
        each = [planned.training.optimizer for planned in plan.bags]
        bags = tuple(
            replace(bag, members=tuple(_with(member, optimizer=optimizer) for member in bag.members))
            for bag, optimizer in zip(self.bags, each, strict=True)
        )
        folds = tuple(_with(member, optimizer=each[0]) for member in self.folds)
        state = initial_state(bags, folds)
        return replace(self, plan=plan, bags=bags, folds=folds, state=state)


def initial_state(bags: Sequence[LoadedBag], folds: Sequence[Member]) -> TrainingState:
    """Return the state before the first batch."""
    first = bags[0].members[0]
    return initialize_training(first.network, first.spec, first.training, other_members(bags, folds))


def other_members(bags: Sequence[LoadedBag], folds: Sequence[Member]) -> tuple[Member, ...]:
    """Return all networks but the first."""
    return (*bags[0].members[1:], *_members(bags[1:]), *folds)


def _members(bags: Sequence[LoadedBag]) -> Iterator[Member]:
    for bag in bags:
        yield from bag.members


def _with(member: Member, **changes: Any) -> Member:
    return replace(member, spec=member.spec.model_copy(update=changes))
