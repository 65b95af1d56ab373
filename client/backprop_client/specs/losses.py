"""What can be sent: losses."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Literal, Required, TypedDict


class CoxSpec(TypedDict, total=False):
    """For times until an event: the negative partial log-likelihood of proportional hazards (Cox, 1972). The output
    is the logarithm of a relative risk. A row is compared with the rows of its batch that are at risk then.
    """

    type: Literal["cox"]
    ties: Literal["efron", "breslow"]
    """how events at the same time are counted"""


class GammaSpec(TypedDict, total=False):
    """For positive amounts whose spread grows with their size: half the gamma deviance; outputs are logarithms."""

    type: Literal["gamma"]


class HuberSpec(TypedDict, total=False):
    """For numbers with outliers: squared for errors up to `delta`, linear beyond."""

    type: Literal["huber"]
    delta: float


class MeanAbsoluteErrorSpec(TypedDict, total=False):
    """For numbers with outliers: estimates the median."""

    type: Literal["mean_absolute_error"]


class MeanSquaredErrorSpec(TypedDict, total=False):
    """For numbers: estimates the mean."""

    type: Literal["mean_squared_error"]


class MultiTargetSpec(TypedDict, total=False):
    """For several targets of different kinds: the weighted sum of their losses, each on its own outputs."""

    type: Literal["multi_target"]
    targets: Required[list[TargetSpec]]


class OrdinalSpec(TypedDict, total=False):
    """For classes that have an order: -log of the predicted probability, by cumulative logits (McCullagh, 1980).
    The outputs say how far the logit of "above this class" falls from one class to the next.
    """

    type: Literal["ordinal"]
    order: list[str] | None
    """the classes from the lowest to the highest; null: by size, or by the alphabet"""


class PoissonSpec(TypedDict, total=False):
    """For counts: half the Poisson deviance; the outputs are logarithms of rates."""

    type: Literal["poisson"]


class QuantileSpec(TypedDict, total=False):
    """For numbers and their uncertainty: one output per target and quantile."""

    type: Literal["quantile"]
    quantiles: list[float]


class SigmoidCrossEntropySpec(TypedDict, total=False):
    """For yes or no, independently for each output: two classes, or several labels at once."""

    type: Literal["sigmoid_cross_entropy"]
    label_smoothing: float
    """fraction of each target distributed over all answers"""
    positive_weight: float | list[float] | None
    """weight of a yes relative to a no: one number, or one for each output"""


class SigmoidFocalSpec(TypedDict, total=False):
    """For yes or no, with more weight on rows that are answered badly (Lin et al., 2017)."""

    type: Literal["sigmoid_focal"]
    gamma: float
    """0 is the cross entropy; larger: more weight on bad answers"""


class SoftmaxCrossEntropySpec(TypedDict, total=False):
    """For one class of several: -log of the predicted probability of the correct class."""

    type: Literal["softmax_cross_entropy"]
    label_smoothing: float
    """fraction of each target distributed over all answers"""


class SoftmaxFocalSpec(TypedDict, total=False):
    """For one class of several, with more weight on rows that are answered badly (Lin et al., 2017)."""

    type: Literal["softmax_focal"]
    gamma: float
    """0 is the cross entropy; larger: more weight on bad answers"""


class TargetSpec(TypedDict, total=False):
    """One of several targets: its number of outputs, and its loss."""

    outputs: Required[int]
    loss: Required[
        SoftmaxCrossEntropySpec
        | SigmoidCrossEntropySpec
        | MeanSquaredErrorSpec
        | MeanAbsoluteErrorSpec
        | HuberSpec
        | QuantileSpec
        | PoissonSpec
        | GammaSpec
        | TweedieSpec
        | SoftmaxFocalSpec
        | SigmoidFocalSpec
        | OrdinalSpec
        | CoxSpec
    ]
    weight: float


class TweedieSpec(TypedDict, total=False):
    """For amounts that are 0 in many rows, such as claims: half the Tweedie deviance; outputs are logarithms."""

    type: Literal["tweedie"]
    power: float
    """the variance is the mean to this power: near 1 like counts, near 2 gamma"""
