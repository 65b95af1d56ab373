"""The state of a training run: everything that changes while a network trains. Checkpoints store it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import streams
from engine.batches import Rows, check_rows
from engine.memory import Array, SharedArena
from engine.network import Network, working_rows
from engine.optimizers.line_search import LineSearch
from engine.optimizers.optimizer import Optimizer
from engine.output_prior import start_from_prior
from engine.parameters import Parameters
from engine.spec import TrainingSpec
from engine.training.schedules import PlateauState
from engine.training.update_memory import allocate_update_memory

FIELDS_WITHOUT_EFFECT = {"checkpoint_every_seconds", "max_runtime_seconds", "range_test"}  # on a run's numbers
EARLIER_VALUES = {"output_start": "random"}  # of fields added after version 0.1.0: the values that equal its behavior


@dataclass(slots=True)
class Best:
    """The epoch whose parameters are kept: the best so far, or the last without validation and early stopping."""

    epoch: int  # counted from 1
    metric: str
    value: float
    metrics: dict[str, float]
    parameters: Array


@dataclass(slots=True)
class EpochTotals:
    """Sums over the batches of the current epoch."""

    loss: float = 0.0
    rows: int = 0
    gradient_norm: float = 0.0
    updates: int = 0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class TrainingState:
    """A run between two batches. It is complete at every event of `train`."""

    run_digest: str  # identifies network, spec and rows; see `run_digest`
    parameters: Parameters  # the network's own
    optimizer: Optimizer | LineSearch
    shuffle: np.random.Generator
    dropout: np.random.Generator
    shuffle_start: dict[str, Any]  # position of the shuffle stream before this epoch's order was drawn
    epoch: int = 0  # completed epochs
    batch: int = 0  # completed batches of the current epoch
    step: int = 0  # updates of the whole run
    totals: EpochTotals = field(default_factory=EpochTotals)
    loss_limit: float | None = None  # a higher batch loss is divergence; set by the first batch
    best: Best | None = None
    improvement_reference: float | None = None  # the value that early stopping compares with
    epochs_without_improvement: int = 0
    plateau: PlateauState = field(default_factory=PlateauState)
    accumulated_gradient: Array | None = None  # of the current update's batches, with gradient accumulation
    averaged_parameters: Array | None = None  # with averaging
    update_sizes: dict[str, list[float]] = field(default_factory=dict)  # of a monitored epoch's last step
    failure: dict[str, Any] | None = None  # where the run diverged: epoch, batch, layer
    members: tuple[TrainingState, ...] = ()  # of the other networks of the run, which end each epoch together

    @property
    def line_search(self) -> LineSearch | None:
        """The optimizer, if it is a line search."""
        return self.optimizer if isinstance(self.optimizer, LineSearch) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A network that trains beside the first one of a run: it has its own rows, and ends each epoch together with it.

    `spec`: its own training, with the same epochs and early stopping. `bag`: networks with the same number keep the
    same epoch, the one that is best for all of them; the run's first network is in bag 0.
    """

    network: Network
    training: Rows
    validation: Rows | None
    spec: TrainingSpec
    bag: int = 0


def initialize_training(
    network: Network, spec: TrainingSpec, rows: Rows, members: Sequence[Member] = ()
) -> TrainingState:
    """Allocate what training needs and return the state before the first batch, with the state of each member.

    Draws initial weights from the seed's "init" stream, unless weights were loaded into the network. The output layer
    starts from the prior, unless it was loaded or the spec says otherwise. Allocates working memory for
    `min(spec.batch_size, rows)` rows at a time. Equal networks share it, because they train one after another.

    Raises:
        ValueError: there are no rows, or they do not fit the network, or a layer to freeze has no parameters.
    """
    arenas: dict[Hashable, SharedArena] = {}
    state = _initialize_network(network, spec, rows, arenas)
    state.members = tuple(
        _initialize_network(member.network, member.spec, member.training, arenas) for member in members
    )
    return state


def _initialize_network(
    network: Network, spec: TrainingSpec, rows: Rows, arenas: dict[Hashable, SharedArena]
) -> TrainingState:
    if not len(rows):
        raise ValueError("There are no rows to train on.")
    check_rows(rows, network)
    if not network.initialized:
        network.initialize(streams.stream(spec.seed, "init"), output=spec.output_initializer)
    start_from_prior(network, spec, rows)
    network.freeze(spec.always_frozen)
    _allocate(network, working_rows(min(spec.batch_size, len(rows))), arenas)
    memory = allocate_update_memory(network, spec)
    shuffle = streams.stream(spec.seed, "shuffle")
    return TrainingState(
        run_digest=run_digest(network, spec, rows),
        parameters=network.parameters,
        optimizer=memory.optimizer,
        accumulated_gradient=memory.accumulated_gradient,
        averaged_parameters=memory.averaged_parameters,
        shuffle=shuffle,
        dropout=streams.stream(spec.seed, "dropout"),
        shuffle_start=streams.position(shuffle),
    )


def _allocate(network: Network, capacity: int, arenas: dict[Hashable, SharedArena]) -> None:
    """Allocate working memory, or give the network that of an equal one."""
    shape = (network.specs, network.inputs, network.output_shape, network.loss.spec, network.precision)
    arena = arenas.setdefault((*shape, network.parameters.frozen, capacity), SharedArena(network.arena))
    arena.begin()
    network.allocate(capacity, training=True, arena=arena)


def run_digest(network: Network, spec: TrainingSpec, rows: Rows) -> str:
    """Return a digest of what determines a run's numbers, except the values in its rows.

    The weights and the index of the rows are included. A checkpoint continues only a run with the same digest.
    """
    if spec.processes is not None:
        spec = spec.model_copy(update={"processes": 1})  # the shards count, not who computes them
    facts: dict[str, Any] = {
        "layers": [layer.model_dump() for layer in network.specs],
        "network": [network.inputs, network.output_shape, network.loss.spec.model_dump(), network.precision],
        "training": spec.model_dump(exclude=FIELDS_WITHOUT_EFFECT | _later_fields(spec)),
        "rows": len(rows),
    }
    if rows.sample_weights is not None:
        facts["weights"] = hashlib.sha256(np.asarray(rows.sample_weights, np.float64).tobytes()).hexdigest()
    if rows.index is not None:
        facts["index"] = hashlib.sha256(np.asarray(rows.index, np.int64).tobytes()).hexdigest()
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _later_fields(spec: TrainingSpec) -> set[str]:
    """Return the later fields that change nothing, so that checkpoints of earlier versions still fit."""
    return {name for name, value in EARLIER_VALUES.items() if getattr(spec, name) == value}


def final_parameters(state: TrainingState) -> Array:
    """Return the parameter vector to keep: that of the best epoch, or the current one before the first epoch ends."""
    return state.best.parameters if state.best else _evaluation_parameters(state)


@contextmanager
def evaluation_parameters_in_place(state: TrainingState) -> Iterator[None]:
    """Give the network the parameters that it is evaluated with, and restore its own afterward."""
    vector, evaluated = state.parameters.vector, _evaluation_parameters(state)
    if evaluated is vector:
        yield
        return
    original = vector.copy()
    vector[:] = evaluated
    try:
        yield
    finally:
        vector[:] = original


def _evaluation_parameters(state: TrainingState) -> Array:
    """Return the averaged parameters, or those that a line search has accepted, or the current ones."""
    if state.averaged_parameters is not None:
        return state.averaged_parameters
    search = state.line_search
    if search is None or search.accepted is None:
        return state.parameters.vector
    return np.concatenate([search.accepted, state.parameters.vector[state.parameters.size :]])
