"""Specs of the losses, and the names of metrics."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_WIDTH, Spec, at_most

LossName = Literal[
    "softmax_cross_entropy",
    "sigmoid_cross_entropy",
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "quantile",
    "poisson",
    "gamma",
    "tweedie",
    "softmax_focal",
    "sigmoid_focal",
    "ordinal",
    "cox",
]
MetricName = Literal[
    "val_loss",
    "train_loss",
    "val_accuracy",
    "val_balanced_accuracy",
    "val_roc_auc",
    "val_f1",
    "val_log_loss",
    "val_r2",
    "val_mae",
    "val_concordance",
]

MAX_TARGETS = 64
MAX_QUANTILES = 99
MAX_ORDERED_CLASSES = 100

Smoothing = Annotated[float, Field(ge=0, lt=1, description="fraction of each target distributed over all answers")]
Weight = Annotated[float, Field(gt=0, le=1e6)]
Level = Annotated[float, Field(gt=0, lt=1)]
Focus = Annotated[float, Field(ge=0, le=10, description="0 is the cross entropy; larger: more weight on bad answers")]

Task = Literal["classification", "regression"]
Scaling = Literal["standardize", "by_mean", "none"]


class ClassificationLoss(Spec):
    """A loss for classes. `output_per_class`: whether every class has an output, also if there are only two."""

    task: ClassVar[Task] = "classification"
    output_per_class: ClassVar[bool] = True


class RegressionLoss(Spec):
    """A loss for numbers.

    `scaling`: how targets are changed before the network learns them: to mean 0 and standard deviation 1, to mean 1
    for losses whose outputs are logarithms, or not at all. `min_target`: the lower bound of targets. `above_min`:
    whether targets must be larger than this bound, not equal to it. `takes_exposure`: whether it can learn rates, from
    targets that belong to an exposure.
    """

    task: ClassVar[Task] = "regression"
    scaling: ClassVar[Scaling] = "standardize"
    min_target: ClassVar[float | None] = None
    above_min: ClassVar[bool] = False
    takes_exposure: ClassVar[bool] = False

    @property
    def unit_power(self) -> float:
        """The power of the target's unit that the loss is in."""
        return 2


class SoftmaxCrossEntropySpec(ClassificationLoss):
    """For one class of several: -log of the predicted probability of the correct class."""

    type: Literal["softmax_cross_entropy"] = "softmax_cross_entropy"
    label_smoothing: Smoothing = 0.0


class SigmoidCrossEntropySpec(ClassificationLoss):
    """For yes or no, independently for each output: two classes, or several labels at once."""

    output_per_class: ClassVar[bool] = False

    type: Literal["sigmoid_cross_entropy"] = "sigmoid_cross_entropy"
    label_smoothing: Smoothing = 0.0
    positive_weight: (
        Weight
        | Annotated[tuple[Weight, ...], Field(strict=False, min_length=1, max_length=MAX_WIDTH), at_most(MAX_WIDTH)]
        | None
    ) = Field(default=None, description="weight of a yes relative to a no: one number, or one for each output")

    @property
    def positive_weights(self) -> tuple[float, ...]:
        """One number, or one for each output."""
        given = 1.0 if self.positive_weight is None else self.positive_weight
        return given if isinstance(given, tuple) else (given,)


class MeanSquaredErrorSpec(RegressionLoss):
    """For numbers: estimates the mean."""

    type: Literal["mean_squared_error"] = "mean_squared_error"


class MeanAbsoluteErrorSpec(RegressionLoss):
    """For numbers with outliers: estimates the median."""

    type: Literal["mean_absolute_error"] = "mean_absolute_error"

    @property
    def unit_power(self) -> float:
        """An error."""
        return 1


class HuberSpec(RegressionLoss):
    """For numbers with outliers: squared for errors up to `delta`, linear beyond."""

    type: Literal["huber"] = "huber"
    delta: float = Field(default=1.0, gt=0, le=1e6)


class QuantileSpec(RegressionLoss):
    """For numbers and their uncertainty: one output per target and quantile."""

    type: Literal["quantile"] = "quantile"
    quantiles: Annotated[
        tuple[Level, ...], Field(strict=False, min_length=1, max_length=MAX_QUANTILES), at_most(MAX_QUANTILES)
    ] = (0.5,)

    @property
    def unit_power(self) -> float:
        """An error."""
        return 1

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if list(self.quantiles) != sorted(set(self.quantiles)):
            raise ValueError("quantiles must be in ascending order without duplicates")
        return self


class DevianceLoss(RegressionLoss):
    """Half the deviance of a distribution whose mean is the exponential of the output.

    `variance_power`: the variance is the mean to that power.
    """

    scaling: ClassVar[Scaling] = "by_mean"
    min_target: ClassVar[float | None] = 0
    takes_exposure: ClassVar[bool] = True

    @property
    def variance_power(self) -> float:
        """1 for Poisson, 2 for gamma."""
        return 1

    @property
    def unit_power(self) -> float:
        """The deviance of multiplied targets grows by this power of the factor."""
        return 2 - self.variance_power


class PoissonSpec(DevianceLoss):
    """For counts: half the Poisson deviance; the outputs are logarithms of rates."""

    type: Literal["poisson"] = "poisson"


class GammaSpec(DevianceLoss):
    """For positive amounts whose spread grows with their size: half the gamma deviance; outputs are logarithms."""

    above_min: ClassVar[bool] = True

    type: Literal["gamma"] = "gamma"

    @property
    def variance_power(self) -> float:
        """The standard deviation grows like the mean."""
        return 2


class TweedieSpec(DevianceLoss):
    """For amounts that are 0 in many rows, such as claims: half the Tweedie deviance; outputs are logarithms."""

    type: Literal["tweedie"] = "tweedie"
    power: float = Field(
        default=1.5, gt=1, lt=2, description="the variance is the mean to this power: near 1 like counts, near 2 gamma"
    )

    @property
    def variance_power(self) -> float:
        """The requested power."""
        return self.power


class SoftmaxFocalSpec(ClassificationLoss):
    """For one class of several, with more weight on rows that are answered badly (Lin et al., 2017)."""

    type: Literal["softmax_focal"] = "softmax_focal"
    gamma: Focus = 2.0


class SigmoidFocalSpec(ClassificationLoss):
    """For yes or no, with more weight on rows that are answered badly (Lin et al., 2017)."""

    output_per_class: ClassVar[bool] = False

    type: Literal["sigmoid_focal"] = "sigmoid_focal"
    gamma: Focus = 2.0


class OrdinalSpec(ClassificationLoss):
    """For classes that have an order: -log of the predicted probability, by cumulative logits (McCullagh, 1980).

    The outputs say how far the logit of "above this class" falls from one class to the next.
    """

    type: Literal["ordinal"] = "ordinal"
    order: (
        Annotated[
            tuple[Annotated[str, Field(min_length=1)], ...],
            Field(strict=False, min_length=2, max_length=MAX_ORDERED_CLASSES),
            at_most(MAX_ORDERED_CLASSES),
        ]
        | None
    ) = Field(default=None, description="the classes from the lowest to the highest; null: by size, or by the alphabet")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.order and len(set(self.order)) < len(self.order):
            raise ValueError("order must list each class once")
        return self


class CoxSpec(RegressionLoss):
    """For times until an event: the negative partial log-likelihood of proportional hazards (Cox, 1972).

    The output is the logarithm of a relative risk. A row is compared with the rows of its batch that are at risk then.
    """

    scaling: ClassVar[Scaling] = "none"
    min_target: ClassVar[float | None] = 0

    type: Literal["cox"] = "cox"
    ties: Literal["efron", "breslow"] = Field(default="efron", description="how events at the same time are counted")

    @property
    def unit_power(self) -> float:
        """Only the order of the times counts."""
        return 0


SingleLossSpec = Annotated[
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
    | CoxSpec,
    Field(discriminator="type"),
]


class TargetSpec(Spec):
    """One of several targets: its number of outputs, and its loss."""

    outputs: int = Field(ge=1, le=MAX_WIDTH)
    loss: SingleLossSpec
    weight: Weight = 1.0


class MultiTargetSpec(Spec):
    """For several targets of different kinds: the weighted sum of their losses, each on its own outputs."""

    type: Literal["multi_target"] = "multi_target"
    targets: Annotated[
        tuple[TargetSpec, ...], Field(strict=False, min_length=1, max_length=MAX_TARGETS), at_most(MAX_TARGETS)
    ]


LossSpec = Annotated[
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
    | MultiTargetSpec,
    Field(discriminator="type"),
]

BY_NAME: dict[LossName, type[SingleLossSpec]] = {
    "softmax_cross_entropy": SoftmaxCrossEntropySpec,
    "sigmoid_cross_entropy": SigmoidCrossEntropySpec,
    "mean_squared_error": MeanSquaredErrorSpec,
    "mean_absolute_error": MeanAbsoluteErrorSpec,
    "huber": HuberSpec,
    "quantile": QuantileSpec,
    "poisson": PoissonSpec,
    "gamma": GammaSpec,
    "tweedie": TweedieSpec,
    "softmax_focal": SoftmaxFocalSpec,
    "sigmoid_focal": SigmoidFocalSpec,
    "ordinal": OrdinalSpec,
    "cox": CoxSpec,
}


def loss_spec(loss: LossName | LossSpec) -> LossSpec:
    """Return the spec of a loss, or of the loss with that name and its defaults."""
    return BY_NAME[loss]() if isinstance(loss, str) else loss
