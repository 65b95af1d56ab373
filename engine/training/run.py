"""Everything that a training run uses while it is in memory: data, updates, schedule, monitor."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import numpy as np

from engine.batches import Batches, Rows, check_rows
from engine.diagnostics.layer_statistics import SAMPLE_ROWS, LayerMonitor
from engine.network import BLOCK_ROWS, Network
from engine.spec import EarlyStoppingSpec, PlateauSpec, TrainingSpec
from engine.training.schedules import RunLength, Schedule, build_schedule
from engine.training.state import Member, TrainingState
from engine.training.update import ParameterUpdate
from engine.weighted_rows import weigh_rows

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True, kw_only=True)
class TrainingRun:
    """The parts of a run that checkpoints do not store. `set_up` builds them again from spec and rows."""

    network: Network
    state: TrainingState
    spec: TrainingSpec
    batches: Batches
    validation: Batches | None
    update: ParameterUpdate
    monitor: LayerMonitor | None  # None for members
    schedule: Schedule
    numpy_context: contextvars.Context  # NumPy's overflow warnings are off here
    clock: Callable[[], float] = time.monotonic
    bag: int = 0
    members: tuple[TrainingRun, ...] = ()  # the other networks

    @property
    def parts(self) -> tuple[TrainingRun, ...]:
        """The members and this run, in the order in which they train."""
        return (*self.members, self)

    @property
    def bags(self) -> tuple[Bag, ...]:
        """The networks that keep the same epoch, together; the first bag is that of this run."""
        others = sorted({part.bag for part in self.members} - {self.bag})
        parts = {bag: tuple(part for part in self.parts if part.bag == bag) for bag in (self.bag, *others)}
        return tuple(Bag(leader=self if bag == self.bag else parts[bag][0], parts=parts[bag]) for bag in parts)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.spec.optimizer.learning_rate * self.schedule(step) * self.state.plateau.factor

    def loss_limit(self) -> float:
        """Return the batch loss above which the run has diverged."""
        return 0.0 if self.state.loss_limit is None else self.state.loss_limit

    def without_warnings(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function without NumPy's overflow warnings. The loop checks for divergence itself.

        A context of its own keeps the setting from leaking into the code that iterates the loop.
        """
        return self.numpy_context.run(function, *args, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """Networks that keep the same epoch. The state of the `leader` has their progress."""

    leader: TrainingRun
    parts: tuple[TrainingRun, ...]

    @property
    def evaluated(self) -> tuple[TrainingRun, ...]:
        """The runs whose networks are evaluated, because they have validation rows."""
        return tuple(part for part in self.parts if part.validation)

    @property
    def trained(self) -> tuple[TrainingRun, ...]:
        """The runs whose training loss counts: the one on all rows alone if there is one, otherwise all."""
        return self.parts if self.leader.validation else (self.leader,)

    @property
    def selection_metric(self) -> str:
        """The metric that chooses the epoch to keep."""
        if self.leader.spec.early_stopping:
            return self.leader.spec.early_stopping.metric
        return "val_loss" if self.evaluated else "train_loss"


def set_up(  # noqa: PLR0913 - a run is these things
    network: Network,
    state: TrainingState,
    spec: TrainingSpec,
    train_rows: Rows,
    validation_rows: Rows | None,
    *,
    members: Sequence[Member] = (),
) -> TrainingRun:
    """Build a run from its spec and rows.

    Raises:
        ValueError: the rows do not fit the network, or the spec uses a metric that is not measured.
    """
    run = _set_up_network(network, state, spec, train_rows, validation_rows)
    run.members = tuple(
        _set_up_network(member.network, member_state, member.spec, member.training, member.validation)
        for member, member_state in zip(members, state.members, strict=True)
    )
    for member, part in zip(members, run.members, strict=True):
        part.bag = member.bag
    for bag in run.bags:
        _check_metrics(bag.leader.spec, bag.leader.network, is_validated=bool(bag.evaluated))
    run.monitor = _monitor(run, train_rows)
    return run


def _monitor(run: TrainingRun, rows: Rows) -> LayerMonitor:
    x = np.asarray(rows.every(max(1, len(rows) // SAMPLE_ROWS)).x, run.network.dtype)
    count, epochs = run.batches.count, run.spec.epochs
    return LayerMonitor(run.network, x, steps_per_epoch=count, epochs=epochs, rows=len(rows))


def _set_up_network(
    network: Network, state: TrainingState, spec: TrainingSpec, train_rows: Rows, validation_rows: Rows | None
) -> TrainingRun:
    """Build the run of one network, without what belongs to the whole run."""
    train_rows, validation_rows = weigh_rows(network, spec, train_rows, validation_rows)
    validation = None
    if validation_rows:
        validation = Batches(check_rows(validation_rows, network), BLOCK_ROWS, shuffled=False)
    batches = Batches(check_rows(train_rows, network), min(spec.batch_size, len(train_rows)), shuffled=spec.shuffle)
    update = ParameterUpdate(network, spec, state, batches)
    length = RunLength(steps_per_epoch=update.steps_per_epoch, epochs=spec.epochs)
    return TrainingRun(
        network=network,
        state=state,
        spec=spec,
        batches=batches,
        validation=validation,
        update=update,
        monitor=None,
        schedule=build_schedule(spec.schedule, length),
        numpy_context=_quiet_context(),
    )


def requested_metrics(spec: TrainingSpec) -> tuple[str, ...]:
    """Return the metrics of validation rows, without `val_`, that early stopping and the schedule use."""
    users = (spec.early_stopping, spec.schedule)
    metrics = (part.metric for part in users if isinstance(part, (EarlyStoppingSpec, PlateauSpec)))
    return tuple(dict.fromkeys(metric.removeprefix("val_") for metric in metrics))


def _check_metrics(spec: TrainingSpec, network: Network, *, is_validated: bool) -> None:
    score = network.loss.score(requested_metrics(spec))
    validated = ("loss", *score.names) if is_validated else ()
    measured = {"train_loss", *(f"val_{name}" for name in validated)}
    for user, part in (("early_stopping", spec.early_stopping), ("schedule", spec.schedule)):
        if isinstance(part, (EarlyStoppingSpec, PlateauSpec)) and part.metric not in measured:
            offered = {f"val_{name}" for name in network.loss.metrics_on_request} if is_validated else set()
            available = ", ".join(sorted(measured | offered))
            raise ValueError(f"{user} uses the metric {part.metric}, which is not measured. Available: {available}.")


def _quiet_context() -> contextvars.Context:
    context = contextvars.copy_context()
    context.run(np.seterr, all="ignore")
    return context
