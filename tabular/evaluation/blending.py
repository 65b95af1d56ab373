"""Choose how much each bag of an ensemble counts: the weights with the smallest loss on rows that no answer saw."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from engine.spec.losses import DevianceLoss
from tabular.evaluation.classification import log_loss
from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder

Floats = npt.NDArray[np.float64]

STEPS = 4  # weights are multiples of 1/4: finer ones differ less than their losses are uncertain
MIN_MEAN = 1e-15  # keeps deviances finite where the predicted mean is 0
ABSOLUTE = {"mean_absolute_error", "huber", "quantile"}


def blending_weights(
    target: TargetEncoder, truth: Floats, outputs: Sequence[Floats], sample_weights: Floats | None = None
) -> tuple[float, ...]:
    """Return a weight for each bag; they add up to 1.

    Args:
        target: the encoder of the model.
        truth: true targets of rows that the networks did not train on, (n, columns), as `target.truth` returns them.
        outputs: (n, *outputs) of each bag for these rows: probabilities, or numbers as the networks learned them.
        sample_weights: how much each row counts, (n,); None: all count the same.
    """
    if any(column.loss == "cox" for column in target.columns):  # risks are right relative to each other only
        return (1 / len(outputs),) * len(outputs)
    candidates = _combinations(len(outputs))
    return min(candidates, key=lambda weights: blended_loss(target, truth, outputs, weights, sample_weights))


def blended_loss(
    target: TargetEncoder,
    truth: Floats,
    outputs: Sequence[Floats],
    weights: Sequence[float],
    sample_weights: Floats | None = None,
) -> float:
    """Return the loss of the weighted mean of the bags' outputs, added up over the columns.

    Classes: log loss. Numbers with a loss for counts or amounts: the deviance, without the part that no prediction
    changes. Other numbers: the mean squared error, or for losses of the absolute error the mean absolute error, of
    standardized values.
    """
    mean = target.finish(np.sum([weight * each for weight, each in zip(weights, outputs, strict=True)], axis=0))
    parts = zip(target.columns, target.split_targets(truth), target.split_outputs(mean), strict=True)
    return sum(_column_loss(column, true, predicted, sample_weights) for column, true, predicted in parts)


def _column_loss(column: ColumnTarget, true: Floats, predicted: Floats, weights: Floats | None) -> float:
    if column.task == "classification":
        return log_loss(true.astype(np.int64), class_probabilities(predicted), weights)
    if isinstance(column.number_loss, DevianceLoss):
        return float(np.average(_deviances(true, predicted[:, 0], column.number_loss.variance_power), weights=weights))
    residuals = (true - predicted[:, column.middle]) / column.stddev
    errors = np.abs(residuals) if column.loss in ABSOLUTE else residuals**2
    return float(np.average(errors, weights=weights))


def _deviances(true: Floats, mean: Floats, power: float) -> Floats:
    """Return the part of Tweedie deviances that depends on the mean (Jorgensen, 1987); 1: Poisson, 2: gamma."""
    mean = np.maximum(mean, MIN_MEAN)
    if power == 1:
        return 2 * (mean - true * np.log(mean))
    if power == 2:
        return 2 * (np.log(mean) + true / mean)
    deviances: Floats = 2 * (mean ** (2 - power) / (2 - power) - true * mean ** (1 - power) / (1 - power))
    return deviances


def _combinations(bags: int) -> Iterator[tuple[float, ...]]:
    """Yield the weights to try. Those with more weight on the first bags come first and win ties."""
    steps = itertools.product(range(STEPS, -1, -1), repeat=bags)
    return (tuple(step / STEPS for step in each) for each in steps if sum(each) == STEPS)
