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
]
MetricName = Literal["val_loss", "train_loss", "val_accuracy", "val_r2", "val_mae"]

MAX_TARGETS = 64
MAX_QUANTILES = 99

Smoothing = Annotated[float, Field(ge=0, lt=1, description="fraction of each target distributed over all answers")]
Weight = Annotated[float, Field(gt=0, le=1e6)]
Level = Annotated[float, Field(gt=0, lt=1)]

Task = Literal["classification", "regression"]


class ClassificationLoss(Spec):
    """A loss for classes."""

    task: ClassVar[Task] = "classification"


class RegressionLoss(Spec):
    """A loss for numbers, which the network learns standardized unless `standardized` is false.

    The loss is in the target's units to the power of `unit_power`. `min_target`: the smallest number it accepts.
    """

    task: ClassVar[Task] = "regression"
    standardized: ClassVar[bool] = True
    unit_power: ClassVar[Literal[1, 2]] = 2
    min_target: ClassVar[float | None] = None


class SoftmaxCrossEntropySpec(ClassificationLoss):
    """For one class of several: -log of the predicted probability of the correct class."""

    type: Literal["softmax_cross_entropy"] = "softmax_cross_entropy"
    label_smoothing: Smoothing = 0.0


class SigmoidCrossEntropySpec(ClassificationLoss):
    """For yes or no, independently for each output: two classes, or several labels at once."""

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

    unit_power: ClassVar[Literal[1, 2]] = 1

    type: Literal["mean_absolute_error"] = "mean_absolute_error"


class HuberSpec(RegressionLoss):
    """For numbers with outliers: squared for errors up to `delta`, linear beyond."""

    type: Literal["huber"] = "huber"
    delta: float = Field(default=1.0, gt=0, le=1e6)


class QuantileSpec(RegressionLoss):
    """For numbers and their uncertainty: one output per target and quantile."""

    unit_power: ClassVar[Literal[1, 2]] = 1

    type: Literal["quantile"] = "quantile"
    quantiles: Annotated[
        tuple[Level, ...], Field(strict=False, min_length=1, max_length=MAX_QUANTILES), at_most(MAX_QUANTILES)
    ] = (0.5,)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if list(self.quantiles) != sorted(set(self.quantiles)):
            raise ValueError("quantiles must be in ascending order without duplicates")
        return self


class PoissonSpec(RegressionLoss):
    """For counts: the outputs are logarithms of rates."""

    standardized: ClassVar[bool] = False
    min_target: ClassVar[float | None] = 0

    type: Literal["poisson"] = "poisson"


SingleLossSpec = Annotated[
    SoftmaxCrossEntropySpec
    | SigmoidCrossEntropySpec
    | MeanSquaredErrorSpec
    | MeanAbsoluteErrorSpec
    | HuberSpec
    | QuantileSpec
    | PoissonSpec,
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
}


def loss_spec(loss: LossName | LossSpec) -> LossSpec:
    """Return the spec of a loss, or of the loss with that name and its defaults."""
    return BY_NAME[loss]() if isinstance(loss, str) else loss
