"""Choose how much each bag of an ensemble counts: the weights with the smallest loss on rows that no answer saw."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tabular.evaluation.classification import log_loss
from tabular.evaluation.regression import deviance
from tabular.evaluation.survival import time_concordance
from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder

Floats = npt.NDArray[np.float64]

STEPS = 4  # weights are multiples of 1/4: finer ones differ less than their losses are uncertain
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

    Classes: log loss. Counts and amounts with such a loss: deviance. Times: 1 - concordance. Other numbers: the mean
    squared error, or for losses of the absolute error the mean absolute error, of standardized values.
    """
    mean = target.finish(np.sum([weight * each for weight, each in zip(weights, outputs, strict=True)], axis=0))
    parts = zip(target.columns, target.split_targets(truth), target.split_outputs(mean), strict=True)
    return sum(_column_loss(column, true, predicted, sample_weights) for column, true, predicted in parts)


def _column_loss(column: ColumnTarget, true: Floats, predicted: Floats, weights: Floats | None) -> float:
    if column.task == "classification":
        return log_loss(true.astype(np.int64), class_probabilities(predicted), weights)
    if column.variance_power is not None:
        return deviance(true, predicted[:, 0], column.variance_power, weights)
    if column.loss == "cox":
        return 1 - time_concordance(true, predicted[:, 0], weights)
    residuals = (true - predicted[:, column.middle]) / column.stddev
    errors = np.abs(residuals) if column.loss in ABSOLUTE else residuals**2
    return float(np.average(errors, weights=weights))


def _combinations(bags: int) -> Iterator[tuple[float, ...]]:
    """Yield the weights to try. Those with more weight on the first bags come first and win ties."""
    steps = itertools.product(range(STEPS, -1, -1), repeat=bags)
    return (tuple(step / STEPS for step in each) for each in steps if sum(each) == STEPS)
