"""Which loss a job's targets are trained with, and how many outputs that takes.

A new loss needs nothing here: `engine.spec.losses` says which task each loss is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.spec import (
    LossName,
    LossSpec,
    MultiTargetSpec,
    OrdinalSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SingleLossSpec,
    TargetSpec,
    loss_spec,
)
from engine.spec.losses import BY_NAME, ClassificationLoss, RegressionLoss
from tabular.planning.report import PlanningReport
from tabular.planning.targets.target_columns import TargetColumn
from tabular.planning.targets.targets import Targets
from tabular.profile import Profile
from tabular.spec import Task

POINTER = "/training/loss"
REGRESSION_LOSSES: tuple[LossName, ...] = tuple(name for name, spec in BY_NAME.items() if spec.task == "regression")
CLASS_LOSSES: tuple[LossName, ...] = ("softmax_cross_entropy", "softmax_focal", "ordinal")
TWO_CLASS_LOSSES: tuple[LossName, ...] = ("sigmoid_cross_entropy", "sigmoid_focal", *CLASS_LOSSES)
ONE_ANSWER_LOSSES: tuple[LossName, ...] = ("ordinal", "cox")  # per row, not one per time step

RequestedLoss = LossName | LossSpec | str  # a name, "auto", or a loss with its options


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPlan:
    """The network's loss, the loss of each target column, and the shape of the outputs."""

    loss: LossName | LossSpec
    each: tuple[SingleLossSpec, ...]
    outputs: int | tuple[int, int]


def implied_task(profile: Profile, names: Sequence[str], requested: RequestedLoss) -> Task | None:
    """Return regression if the requested loss is for numbers and all targets are number columns."""
    numbers = all(column.type == "number" for column in profile.columns if column.name in names)
    return "regression" if _name(requested) in REGRESSION_LOSSES and numbers else None


def plan_loss(targets: Targets, requested: RequestedLoss, report: PlanningReport) -> LossPlan:
    """Return the requested loss, or one that fits the targets; report where the requested one does not."""
    if isinstance(requested, MultiTargetSpec):
        return _plan_multi_target(targets, requested, report)
    each = tuple(_fitting_loss(target, requested, POINTER, report) for target in targets.columns)
    _check_single(targets, each, report)
    widths = tuple(map(count_outputs, each, targets.columns))
    if targets.per_time_step:
        if each[0].type in ONE_ANSWER_LOSSES:
            detail = f"{each[0].type} gives one answer per row, but these layers end in one time step per target."
            report.reject(POINTER, f"{detail} Use softmax_cross_entropy, or end the layers in a flatten layer.")
        return _plan_single(each, requested, (len(each), widths[0]), report)
    if len(each) > 1 and (len(set(each)) > 1 or _has_output_per_class(each[0])):
        parts = (
            TargetSpec(outputs=width, loss=loss, weight=1 / len(each)) for loss, width in zip(each, widths, strict=True)
        )
        return LossPlan(loss=MultiTargetSpec(targets=tuple(parts)), each=each, outputs=sum(widths))
    return _plan_single(each, requested, sum(widths), report)


def count_outputs(loss: SingleLossSpec, target: TargetColumn) -> int:
    """Return how many outputs a target takes: one per quantile or class, one for a number or for yes or no."""
    if isinstance(loss, QuantileSpec):
        return len(loss.quantiles)
    return target.class_count if _has_output_per_class(loss) else 1


def _has_output_per_class(loss: SingleLossSpec) -> bool:
    return isinstance(loss, ClassificationLoss) and loss.output_per_class


def _plan_single(
    each: tuple[SingleLossSpec, ...],
    requested: RequestedLoss,
    outputs: int | tuple[int, int],
    report: PlanningReport,
) -> LossPlan:
    """Return one loss for all outputs, as a name unless it was requested with options."""
    loss = each[0]
    _check_positive_weights(loss, outputs if isinstance(outputs, int) else outputs[0], POINTER, report)
    return LossPlan(loss=loss.type if isinstance(requested, str) else loss, each=each, outputs=outputs)


def _plan_multi_target(targets: Targets, requested: MultiTargetSpec, report: PlanningReport) -> LossPlan:
    """Return the requested sum of losses, checked target by target."""
    pointer = f"{POINTER}/targets"
    if not targets.several or len(requested.targets) != len(targets.columns):
        count = "1 column" if not targets.several else f"{len(targets.columns)} columns"
        detail = f"multi_target lists {len(requested.targets)} losses, but there are {count} to predict."
        report.reject(pointer, f"{detail} List one loss for each target column.")
        return plan_loss(targets, "auto", report)
    each = []
    for index, (part, target) in enumerate(zip(requested.targets, targets.columns, strict=True)):
        loss = _fitting_loss(target, part.loss, f"{pointer}/{index}/loss", report)
        if part.outputs != (width := count_outputs(loss, target)):
            detail = f"{target.column.name!r} takes {width} outputs with {loss.type}, not {part.outputs}."
            report.reject(f"{pointer}/{index}/outputs", f"{detail} Set outputs to {width}.")
        _check_positive_weights(loss, width, f"{pointer}/{index}/loss", report)
        each.append(loss)
    _check_single(targets, each, report)
    return LossPlan(loss=requested, each=tuple(each), outputs=sum(map(count_outputs, each, targets.columns)))


def _check_single(targets: Targets, losses: Sequence[SingleLossSpec], report: PlanningReport) -> None:
    if targets.several and any(loss.type == "cox" for loss in losses):
        report.reject(POINTER, "cox predicts the time of one event, but there are several targets. Predict one column.")


def _check_positive_weights(loss: SingleLossSpec, outputs: int, pointer: str, report: PlanningReport) -> None:
    count = len(loss.positive_weights) if isinstance(loss, SigmoidCrossEntropySpec) else 1
    if count not in {1, outputs}:
        detail = f"There are {count} weights for {outputs} outputs. Give one weight, or one for each output."
        report.reject(f"{pointer}/positive_weight", detail)


def _fitting_loss(
    target: TargetColumn, requested: RequestedLoss, pointer: str, report: PlanningReport
) -> SingleLossSpec:
    """Return the requested loss if it fits the target, else the default for the target."""
    fitting, name = _fitting_names(target), _name(requested)
    if name not in fitting:
        if name != "auto":
            detail = f"{name} does not fit {_describe_task(target)}. Use {' or '.join(fitting)}, or auto."
            report.reject(pointer, detail)
        return _single(fitting[0])
    loss = _single(fitting[fitting.index(name)] if isinstance(requested, str) else requested)
    _check_smallest(target, loss, pointer, report)
    if isinstance(loss, OrdinalSpec):
        _check_order(target, loss, pointer, report)
    return loss


def _check_smallest(target: TargetColumn, loss: SingleLossSpec, pointer: str, report: PlanningReport) -> None:
    smallest, least = target.column.min, loss.min_target if isinstance(loss, RegressionLoss) else None
    if least is None or not isinstance(smallest, (int, float)) or smallest > least:
        return
    above = isinstance(loss, RegressionLoss) and loss.above_min
    if smallest == least and not above:
        return
    bound = f"above {least:g}" if above else f"of at least {least:g}"
    others = "tweedie or mean_squared_error" if above and smallest == least else "mean_squared_error or huber"
    detail = f"{loss.type} needs targets {bound}, but {target.column.name!r} has values down to {smallest:g}."
    report.reject(pointer, f"{detail} Use {others}.")


def _check_order(target: TargetColumn, loss: OrdinalSpec, pointer: str, report: PlanningReport) -> None:
    """Report classes of the column that the order lacks, and names in the order that are not classes."""
    if loss.order is None or target.classes is None:
        return
    missing = [name for name in target.classes if name not in loss.order]
    extra = [name for name in loss.order if name not in target.classes]
    if missing or extra:
        parts = ([f"lacks {', '.join(missing)}"] if missing else []) + (
            [f"lists {', '.join(extra)}, which {target.column.name!r} does not have"] if extra else []
        )
        detail = f"The order {' and '.join(parts)}. List each of the classes once: {', '.join(target.classes)}."
        report.reject(f"{pointer}/order", detail)


def _fitting_names(target: TargetColumn) -> tuple[LossName, ...]:
    """Return the losses that fit a target; the first is the default."""
    if target.task == "regression":
        return REGRESSION_LOSSES
    return TWO_CLASS_LOSSES if target.class_count <= 2 else CLASS_LOSSES


def _describe_task(target: TargetColumn) -> str:
    return "regression" if target.task == "regression" else f"classification with {target.class_count} classes"


def _name(requested: RequestedLoss) -> str:
    return requested if isinstance(requested, str) else requested.type


def _single(loss: LossName | LossSpec) -> SingleLossSpec:
    spec = loss_spec(loss)
    if isinstance(spec, MultiTargetSpec):
        raise TypeError("a target has one loss")
    return spec
