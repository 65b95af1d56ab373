"""Which loss a job's targets are learned by, and how many outputs that takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.spec import (
    LossName,
    LossSpec,
    MultiTargetSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SingleLossSpec,
    TargetSpec,
    loss_spec,
)
from tabular.planning.report import PlanningReport
from tabular.planning.targets import Goal
from tabular.planning.tasks import TargetPlan
from tabular.profile import Profile
from tabular.spec import Task

POINTER = "/training/loss"
FOR_NUMBERS: tuple[LossName, ...] = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "quantile",
    "poisson",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPlan:
    """The network's loss, each target's part in it, and the shape of the outputs."""

    loss: LossName | LossSpec
    each: tuple[SingleLossSpec, ...]
    outputs: int | tuple[int, int]


def implied_task(profile: Profile, names: Sequence[str], asked: LossName | LossSpec | str) -> Task | None:
    """Return regression if a loss for numbers was asked for, and there are numbers only."""
    name = asked if isinstance(asked, str) else asked.type
    numbers = all(column.type == "number" for column in profile.columns if column.name in names)
    return "regression" if name in FOR_NUMBERS and numbers else None


def plan_loss(goal: Goal, asked: LossName | LossSpec | str, report: PlanningReport) -> LossPlan:
    """Return the loss that was asked for, or the one that suits the targets; note it where it does not fit."""
    if not isinstance(asked, str) and asked.type == "multi_target":
        return _weighted(goal, asked, report)
    each = tuple(_fitting(target, asked, POINTER, report) for target in goal.targets)
    if goal.by_position:
        return _whole(each, asked, (len(each), goal.targets[0].outputs), report)
    outputs = sum(map(width, each, goal.targets))
    if len(each) > 1 and (len(set(each)) > 1 or each[0].type == "softmax_cross_entropy"):
        parts = (
            TargetSpec(outputs=width(loss, target), loss=loss, weight=1 / len(each))
            for loss, target in zip(each, goal.targets, strict=True)
        )
        return LossPlan(loss=MultiTargetSpec(targets=tuple(parts)), each=each, outputs=outputs)
    return _whole(each, asked, outputs, report)


def width(loss: SingleLossSpec, target: TargetPlan) -> int:
    """Return how many outputs one target takes."""
    return len(loss.quantiles) if isinstance(loss, QuantileSpec) else target.outputs


def _whole(
    each: tuple[SingleLossSpec, ...],
    asked: LossName | LossSpec | str,
    outputs: int | tuple[int, int],
    report: PlanningReport,
) -> LossPlan:
    """Return one loss for all outputs, by its name unless options came with it."""
    loss = each[0]
    _check_weights(loss, outputs if isinstance(outputs, int) else outputs[0], POINTER, report)
    return LossPlan(loss=loss.type if isinstance(asked, str) else loss, each=each, outputs=outputs)


def _check_weights(loss: SingleLossSpec, outputs: int, pointer: str, report: PlanningReport) -> None:
    given = len(loss.positive_weights) if isinstance(loss, SigmoidCrossEntropySpec) else 1
    if given not in {1, outputs}:
        detail = f"There are {given} weights, and {outputs} outputs; give one weight, or one for each."
        report.reject(f"{pointer}/positive_weight", detail)


def _fitting(
    target: TargetPlan, asked: LossName | LossSpec | str, pointer: str, report: PlanningReport
) -> SingleLossSpec:
    """Return the loss asked for if it fits the target, else the one that does."""
    fitting = _names(target)
    name = asked if isinstance(asked, str) else asked.type
    if name == "auto" or name not in fitting:
        if name != "auto":
            report.reject(pointer, f"{name} does not fit {_subject(target)}; use {' or '.join(fitting)}, or auto.")
        return _single(fitting[0])
    if name == "poisson" and isinstance(target.column.min, (int, float)) and target.column.min < 0:
        detail = f"poisson counts from 0 up, and {target.column.name!r} goes down to {target.column.min:g}."
        report.reject(pointer, detail)
    return _single(fitting[fitting.index(name)]) if isinstance(asked, str) else _single(asked)


def _names(target: TargetPlan) -> tuple[LossName, ...]:
    if target.task == "regression":
        return FOR_NUMBERS
    return ("sigmoid_cross_entropy",) if target.outputs == 1 else ("softmax_cross_entropy",)


def _subject(target: TargetPlan) -> str:
    return "regression" if target.task == "regression" else f"classification with {target.class_count} classes"


def _single(loss: LossName | LossSpec) -> SingleLossSpec:
    spec = loss_spec(loss)
    if isinstance(spec, MultiTargetSpec):
        raise TypeError("a target has one loss")
    return spec


def _weighted(goal: Goal, asked: MultiTargetSpec, report: PlanningReport) -> LossPlan:
    """Return the sum of losses that was asked for, checked target by target."""
    pointer = f"{POINTER}/targets"
    if not goal.several or len(asked.targets) != len(goal.targets):
        names = "one column" if not goal.several else f"{len(goal.targets)} columns"
        detail = f"There are {len(asked.targets)} losses, and target names {names}; a list needs one for each."
        report.reject(pointer, detail)
        return plan_loss(goal, "auto", report)
    each = []
    for place, (part, target) in enumerate(zip(asked.targets, goal.targets, strict=True)):
        loss = _fitting(target, part.loss, f"{pointer}/{place}/loss", report)
        if part.outputs != (wanted := width(loss, target)):
            detail = f"{target.column.name!r} takes {wanted} outputs, not {part.outputs}."
            report.reject(f"{pointer}/{place}/outputs", detail)
        _check_weights(loss, wanted, f"{pointer}/{place}/loss", report)
        each.append(loss)
    return LossPlan(loss=asked, each=tuple(each), outputs=sum(map(width, each, goal.targets)))
