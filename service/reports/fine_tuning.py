"""What fine-tuning would have cost: fewer epochs, and a backward pass that ends at frozen layers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from service.reports.costs import NetworkCosts, TrainingCosts, network_costs, shown_bags
from store.tables import Model
from tabular.planning.network import build_without_memory
from tabular.planning.plan import Plan

EPOCH_SHARE = 0.2  # of the epochs: an assumption, which the report states


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning:
    """A job that starts from learned weights and freezes some layers, counted from 0.

    forward, backward: operations per row. flops: of the whole fine-tuning; share: of those of this training.
    seconds: of one step, estimated from the measured layers; None if none was measured.
    """

    frozen: tuple[int, ...]
    epochs: int
    forward: int
    backward: int
    flops: float
    share: float
    step_seconds: float | None


def fine_tuning_costs(
    plan: Plan, model: Model | None, costs: TrainingCosts, step: Mapping[str, Any] | None
) -> tuple[FineTuning, ...]:
    """Return what fine-tuning a network like the one shown would cost, with more and more layers frozen.

    Empty before the first epoch has ended.
    """
    if not costs.epochs:
        return ()
    epochs = max(1, ceil(costs.epochs * EPOCH_SHARE))
    shown = next(bag for bag in shown_bags(plan, model) if bag.is_used)
    bag, inputs = shown.plan, shown.inputs
    return tuple(
        _option(costs, step, network_costs(bag, inputs, frozen), frozen, epochs) for frozen in _choices(bag, inputs)
    )


def _choices(bag: Plan, inputs: int | None) -> Iterator[tuple[int, ...]]:
    """Yield no layer, the first half, and all but the output layer."""
    network = build_without_memory(bag, inputs)
    numbers = [network.layers[index].id.spec_index for index in network.trainable]
    layers = list(dict.fromkeys(number for number in numbers if number is not None))
    yield ()
    if len(layers) > 1:
        yield tuple(layers[: len(layers) // 2])
    if layers:
        yield tuple(layers)


def _option(
    costs: TrainingCosts, step: Mapping[str, Any] | None, network: NetworkCosts, frozen: tuple[int, ...], epochs: int
) -> FineTuning:
    """Compare one network with one network: rows and steps per epoch are the same, so they cancel out."""
    rows = costs.rows_per_epoch * costs.epochs
    whole = rows * (costs.network.forward + costs.network.backward)
    flops = float(costs.rows_per_epoch * epochs * (network.forward + network.backward))
    return FineTuning(
        frozen=frozen,
        epochs=epochs,
        forward=network.forward,
        backward=network.backward,
        flops=flops,
        share=flops / whole if whole else 0.0,
        step_seconds=_step_seconds(step, costs.network, network) if step else None,
    )


def _step_seconds(step: Mapping[str, Any], trained: NetworkCosts, frozen: NetworkCosts) -> float:
    """Return the seconds of a step: those of a layer's backward pass shrink as its operations do."""
    seconds = step["seconds"]["forward"] + step["seconds"]["loss"]
    for measured, before, after in zip(step["layers"], trained.layers, frozen.layers, strict=False):
        if before.flops_backward:
            seconds += measured["backward_seconds"] * after.flops_backward / before.flops_backward
    if trained.trained_parameters:
        seconds += (step["seconds"]["update"] or 0.0) * frozen.trained_parameters / trained.trained_parameters
    return float(seconds)
