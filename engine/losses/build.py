"""Build a loss from its spec or name. `LOSSES` is the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.losses import deviances, elementwise, focal, sigmoid
from engine.losses.cox import Cox
from engine.losses.loss import Loss
from engine.losses.multi_target import MultiTarget
from engine.losses.ordinal import Ordinal
from engine.losses.softmax import SmoothedSoftmaxCrossEntropy, SoftmaxCrossEntropy
from engine.memory import Shape
from engine.spec import LossName, LossSpec, MultiTargetSpec, SigmoidCrossEntropySpec, SoftmaxCrossEntropySpec, loss_spec


def build(loss: LossName | LossSpec, output_shape: Shape) -> Loss:
    """Return the loss of a spec, or the loss with that name and its defaults.

    Raises:
        ValueError: the loss does not fit outputs of that shape.
    """
    spec = loss_spec(loss)
    return LOSSES[spec.type](spec, output_shape)


def _softmax(spec: SoftmaxCrossEntropySpec, shape: Shape) -> Loss:
    return (SmoothedSoftmaxCrossEntropy if spec.label_smoothing else SoftmaxCrossEntropy)(spec, shape)


def _sigmoid(spec: SigmoidCrossEntropySpec, shape: Shape) -> Loss:
    kind = sigmoid.WeightedSigmoidCrossEntropy if spec.positive_weight else sigmoid.SigmoidCrossEntropy
    return kind(spec, shape)


def _multi_target(spec: MultiTargetSpec, shape: Shape) -> Loss:
    return MultiTarget(spec, [build(target.loss, (target.outputs,)) for target in spec.targets], shape)


LOSSES: dict[str, Callable[[Any, Shape], Loss]] = {
    "softmax_cross_entropy": _softmax,
    "sigmoid_cross_entropy": _sigmoid,
    "mean_squared_error": elementwise.MeanSquaredError,
    "mean_absolute_error": elementwise.MeanAbsoluteError,
    "huber": elementwise.Huber,
    "quantile": elementwise.Quantile,
    "poisson": deviances.Poisson,
    "gamma": deviances.Gamma,
    "tweedie": deviances.Tweedie,
    "softmax_focal": focal.SoftmaxFocal,
    "sigmoid_focal": focal.SigmoidFocal,
    "ordinal": Ordinal,
    "cox": Cox,
    "multi_target": _multi_target,
}
