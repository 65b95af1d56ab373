"""One more step of a trained network, measured layer by layer and undone: forward, loss, backward, update."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.batches import Batches, Rows, check_rows
from engine.measured_step.layer_passes import LayerPasses, groups, joint_size, measure_passes
from engine.measured_step.network_drawing import DrawnLayer, drawn_layers
from engine.measured_step.walk import MiniBatch
from engine.measured_step.weight_path import WalkedArrays, WeightPath, walk_and_keep, weight_path
from engine.memory import Array
from engine.network import Network
from engine.training.state import Member, TrainingState
from engine.training.update import ParameterUpdate
from engine.weighted_rows import weigh_rows

MAX_ROWS = 1_024  # of the mini-batch: enough for stable sizes, and a fraction of any training
MAX_ANSWERS = 20  # of the row that is followed
TIMED_SECONDS = 0.0001  # that repeated updates may take: enough to see past the first, slow one
MAX_UPDATES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerUpdate:
    """How far the step moves the parameters of a layer, as a root mean square, and relative to the parameters."""

    label: str
    update: float
    relative: float | None  # None if all parameters are 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the network answers for the row that is followed, and the truth that the loss compares it with.

    outputs: probabilities or values. truth: the number of the class, or a value for each output.
    """

    outputs: tuple[float, ...]
    truth: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUpdate:
    """How the optimizer changes the parameters: of each layer that learns, and of the weight that is followed."""

    seconds: float
    layers: tuple[LayerUpdate, ...]
    weight: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredStep:
    """A training step of one network on one mini-batch, without dropout.

    gradient_norm: before clipping. weight: the path of one weight; None if no dense layer learns. answer: None with
    several time steps or many outputs. update: None if the optimizer has no single step, as line searches have none.
    """

    rows: int
    learning_rate: float
    passes: LayerPasses
    gradient_norm: float
    weight: WeightPath | None
    answer: Answer | None
    drawing: tuple[DrawnLayer, ...]
    update: StepUpdate | None


def measure_step(member: Member, state: TrainingState, clock: Callable[[], float] = time.perf_counter) -> MeasuredStep:
    """Make one step from the parameters that the network has now, measure it, and restore the parameters.

    The mini-batch has as many rows as one of the training, at most MAX_ROWS, evenly spaced among the training rows.
    The optimizer's state and the gradients are overwritten: call this after the training.
    """
    with np.errstate(all="ignore"):
        return _measure(member, state, clock)


def _measure(member: Member, state: TrainingState, clock: Callable[[], float]) -> MeasuredStep:
    network, batches = member.network, _one_batch(member)
    x, targets, sample_weights = batches[0]
    batch = MiniBatch(x=x, targets=targets, sample_weights=sample_weights)
    passes = measure_passes(network, batch, clock)
    arrays = walk_and_keep(network, batch)
    path = weight_path(network, arrays)
    rate = state.best.metrics.get("learning_rate") if state.best else None
    rate = member.spec.optimizer.learning_rate if rate is None else rate
    return MeasuredStep(
        rows=len(batch),
        learning_rate=rate,
        passes=passes,
        gradient_norm=float(np.linalg.norm(network.parameters.gradients)),
        weight=path,
        answer=_answer(network, batch, arrays, path),
        drawing=drawn_layers(network, arrays, path),
        update=_measure_update(
            network, ParameterUpdate(network, member.spec, state, batches), path, rate, passes.loss, clock
        ),
    )


def _one_batch(member: Member) -> Batches:
    """Return a mini-batch of training rows, in their order."""
    training, _ = weigh_rows(member.network, member.spec, member.training)
    size = min(member.spec.batch_size, len(training), MAX_ROWS)
    chosen = training.every(len(training) // size)
    rows = Rows(
        chosen.x[:size], chosen.y[:size], None if chosen.sample_weights is None else chosen.sample_weights[:size]
    )
    return Batches(check_rows(rows, member.network), size, shuffled=False)


def _answer(network: Network, batch: MiniBatch, arrays: WalkedArrays, path: WeightPath | None) -> Answer | None:
    if path is None or len(network.output_shape) > 1 or network.outputs > MAX_ANSWERS:
        return None
    outputs = network.loss.activate(arrays.outputs[len(network.layers) - 1].copy())
    truth = np.atleast_1d(batch.targets[path.row]).astype(np.float64)
    return Answer(outputs=tuple(outputs[path.row].tolist()), truth=tuple(truth.tolist()))


def _measure_update(  # noqa: PLR0913, PLR0917 - a step needs these
    network: Network,
    update: ParameterUpdate,
    path: WeightPath | None,
    rate: float,
    loss: float,
    clock: Callable[[], float],
) -> StepUpdate | None:
    """Let the optimizer make a step; a few more to time it. Restore the parameters."""
    parameters = update.parameters
    if update.state.line_search:
        return None
    before = parameters.vector.copy()
    update.add_gradient(0)
    update.clip()
    seconds, change, end = list[float](), before, clock() + TIMED_SECONDS
    while not seconds or (clock() < end and len(seconds) < MAX_UPDATES):
        start = clock()
        update.apply(rate, loss)
        seconds.append(clock() - start)
        if len(seconds) == 1:
            change = parameters.vector - before
    parameters.vector[:] = before
    changes = parameters.views(change)
    return StepUpdate(
        seconds=min(seconds),
        layers=tuple(_layer_updates(network, changes)),
        weight=float(changes[path.parameter][path.index]) if path else None,
    )


def _layer_updates(network: Network, changes: dict[str, Array]) -> Iterator[LayerUpdate]:
    for indices in groups(network):
        names = [f"{index}.{name}" for index in indices for name in network.layers[index].parameter_shapes()]
        if names and not network.parameters.frozen.issuperset(names):
            size = joint_size([changes[name] for name in names]) or 0.0
            weight = joint_size([network.parameters.values[name] for name in names])
            label = network.layers[indices[0]].label
            yield LayerUpdate(label=label, update=size, relative=size / weight if weight else None)
