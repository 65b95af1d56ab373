"""Everything that changes while a network trains: what a checkpoint holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import streams
from engine.batches import Rows, check_rows
from engine.memory import Array
from engine.network import Network, working_rows
from engine.optimizers.line_search import LineSearch
from engine.optimizers.optimizer import Optimizer
from engine.parameters import Parameters
from engine.spec import TrainingSpec
from engine.training.schedules import Plateau
from engine.training.update_memory import allocate_update_memory

NO_EFFECT = {"checkpoint_every_seconds", "max_runtime_seconds", "range_test"}  # on the numbers of a run


@dataclass(slots=True)
class Best:
    """The epoch to keep: the best so far, or the last without validation rows and early stopping."""

    epoch: int  # counted from 1
    metric: str
    value: float
    metrics: dict[str, float]
    parameters: Array


@dataclass(slots=True)
class Tally:
    """Sums over the batches of the epoch under way."""

    loss: float = 0.0
    rows: int = 0
    gradient_norm: float = 0.0
    updates: int = 0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class TrainingState:
    """A run between two batches. Complete at every event of `train`."""

    run: str  # what `identity` says of the run
    parameters: Parameters  # the network's own
    optimizer: Optimizer | LineSearch
    shuffle: np.random.Generator
    dropout: np.random.Generator
    order: dict[str, Any]  # where the shuffle stream stood before this epoch's order was drawn
    epoch: int = 0  # epochs completed
    batch: int = 0  # batches completed of the epoch under way
    step: int = 0  # updates made in all
    tally: Tally = field(default_factory=Tally)
    loss_limit: float | None = None  # a batch loss above it is divergence; known after the first batch
    best: Best | None = None
    reference: float | None = None  # the value that early stopping wants improved
    waited: int = 0  # epochs since it was
    plateau: Plateau = field(default_factory=Plateau)
    accumulated: Array | None = None  # the gradient over the batches of the update under way, with accumulation
    average: Array | None = None  # the running average of the parameters, with averaging
    sizes: dict[str, list[float]] = field(default_factory=dict)  # of the epoch's last step, where it was watched
    failure: dict[str, Any] | None = None  # where the run diverged: epoch, batch, layer

    @property
    def line_search(self) -> LineSearch | None:
        """The optimizer, if it is a line search."""
        return self.optimizer if isinstance(self.optimizer, LineSearch) else None


def initialize_training(network: Network, spec: TrainingSpec, rows: Rows) -> TrainingState:
    """Make a network ready to train and return the state before the first batch.

    A network without weights is initialised from the seed's "init" stream; weights that were loaded
    into it are kept. Working memory is taken for `min(spec.batch_size, rows)` rows at a time.

    Raises:
        ValueError: there are no rows, or they do not fit the network, or there is no layer of a number to freeze.
    """
    if not len(rows):
        raise ValueError("there are no rows to train on")
    check_rows(rows, network)
    if not network.initialized:
        network.initialize(streams.stream(spec.seed, "init"))
    network.freeze(spec.frozen)
    network.allocate(working_rows(min(spec.batch_size, len(rows))), training=True)
    memory = allocate_update_memory(network, spec.optimizer, accumulate=spec.accumulate, averaging=spec.averaging)
    shuffle = streams.stream(spec.seed, "shuffle")
    return TrainingState(
        run=identity(network, spec, rows),
        parameters=network.parameters,
        optimizer=memory.optimizer,
        accumulated=memory.accumulated,
        average=memory.average,
        shuffle=shuffle,
        dropout=streams.stream(spec.seed, "dropout"),
        order=streams.position(shuffle),
    )


def identity(network: Network, spec: TrainingSpec, rows: Rows) -> str:
    """Return a digest of what determines a run's numbers, but for the values of its rows without their weights."""
    facts: dict[str, Any] = {
        "layers": [layer.model_dump() for layer in network.specs],
        "network": [network.inputs, network.output_shape, network.loss.spec.model_dump(), network.precision],
        "training": spec.model_dump(exclude=NO_EFFECT),
        "rows": len(rows),
    }
    if rows.sample_weights is not None:
        facts["weights"] = hashlib.sha256(np.asarray(rows.sample_weights, np.float64).tobytes()).hexdigest()
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def final_parameters(state: TrainingState) -> Array:
    """Return the vector of weights to keep: those of `state.best`, or, before there is one, those so far."""
    return state.best.parameters if state.best else _judged_parameters(state)


@contextmanager
def judged(state: TrainingState) -> Iterator[None]:
    """Let the network have the weights that it is judged by meanwhile."""
    vector, chosen = state.parameters.vector, _judged_parameters(state)
    if chosen is vector:
        yield
        return
    held = vector.copy()
    vector[:] = chosen
    try:
        yield
    finally:
        vector[:] = held


def _judged_parameters(state: TrainingState) -> Array:
    """Return the averaged weights, or those that a line search has accepted, or the ones in place."""
    if state.average is not None:
        return state.average
    search = state.line_search
    if search is None or search.accepted is None:
        return state.parameters.vector
    return np.concatenate([search.accepted, state.parameters.vector[state.parameters.size :]])


def keep_best(state: TrainingState, metric: str, metrics: Mapping[str, float], *, better: bool) -> None:
    """Remember the epoch just completed, with a copy of the parameters in place, if it is `better`."""
    if not better:
        return
    if state.best is None:
        state.best = Best(state.epoch, metric, metrics[metric], dict(metrics), state.parameters.vector.copy())
        return
    state.best.epoch, state.best.value, state.best.metrics = state.epoch, metrics[metric], dict(metrics)
    state.best.parameters[:] = state.parameters.vector
