"""Metrics of predicted numbers, in the column's own units."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.evaluation.baseline import mean_prediction
from tabular.preprocessing.column_target import ColumnTarget

Floats = npt.NDArray[np.float64]

MIN_RATE = 1e-15  # keeps deviances finite where the predicted mean is 0
RESIDUAL_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MAX_POINTS = 200  # pairs of true and predicted values


def evaluate_numbers(column: ColumnTarget, training_truth: Floats, true: Floats, predicted: Floats) -> dict[str, Any]:
    """Return the metrics of one column, as JSON values.

    Args:
        column: the target.
        training_truth: true values of the training rows, (n,): the baseline always predicts their mean.
        true: true values, (n,).
        predicted: (n, outputs of the column) of the model.
    """
    mean = mean_prediction(training_truth, len(true))
    baseline = errors(true, mean)
    middle = predicted[:, column.middle]
    metrics: dict[str, Any] = {
        "rows": len(true),
        **errors(true, middle),
        "residual_quantiles": _residual_quantiles(true - middle),
        "predicted_against_true": _pairs(true, middle),
        "baseline": baseline,
    }
    if column.variance_power is not None:
        name = f"{column.loss}_deviance"
        metrics[name] = deviance(true, predicted[:, 0], column.variance_power)
        baseline[name] = deviance(true, mean, column.variance_power)
    if column.quantiles:
        metrics["coverage"] = _coverage(column.quantiles, true, predicted)
    return metrics


def errors(true: Floats, predicted: Floats, weights: Floats | None = None) -> dict[str, float | None]:
    """Return R², MAE, RMSE, the median absolute error and MAPE, over rows with weights (n,) if there are any.

    R² is 1 - residual / total sum of squares, and None if all targets are equal. MAPE is the mean of
    |residual| / |true value|, and None if a true value is 0 or the true values have different signs: then it says
    nothing. The median counts each row once.
    """
    residuals = true - predicted
    absolute = np.abs(residuals)
    squared = float(np.average(residuals**2, weights=weights))
    variance = float(np.average((true - np.average(true, weights=weights)) ** 2, weights=weights))
    one_sign = bool(true.min() > 0 or true.max() < 0)
    return {
        "r2": 1 - squared / variance if variance > 0 else None,
        "mae": float(np.average(absolute, weights=weights)),
        "rmse": float(np.sqrt(squared)),
        "median_absolute_error": float(np.median(absolute)),
        "mape": float(np.average(absolute / np.abs(true), weights=weights)) if one_sign else None,
    }


def deviance(true: Floats, means: Floats, power: float, weights: Floats | None = None) -> float:
    """Return the mean deviance of a distribution whose variance is the mean to a power from 1 to 2.

    1: Poisson, 2 (y log(y / m) - y + m). 2: gamma, 2 (y / m - 1 - log(y / m)). Between: Tweedie (McCullagh and Nelder,
    1989, section 2.3; Jorgensen, 1997, section 4.1).
    """
    m, positive = np.maximum(means, MIN_RATE), np.maximum(true, np.finfo(np.float64).tiny)
    if power == 1:
        half = np.where(true > 0, true * np.log(positive / m), 0) - true + m
    elif power == 2:
        half = true / m - 1 - np.log(positive / m)
    else:
        p = power
        half = true ** (2 - p) / ((1 - p) * (2 - p)) - true * m ** (1 - p) / (1 - p) + m ** (2 - p) / (2 - p)
    return float(2 * np.average(half, weights=weights))


def _residual_quantiles(residuals: Floats) -> dict[str, float]:
    values = np.quantile(residuals, RESIDUAL_QUANTILES).tolist()
    return {str(level): value for level, value in zip(RESIDUAL_QUANTILES, values, strict=True)}


def _pairs(true: Floats, predicted: Floats) -> dict[str, list[float]]:
    """Return at most MAX_POINTS rows at equal distances in the order of their true values."""
    places = np.linspace(0, len(true) - 1, min(len(true), MAX_POINTS)).astype(np.int64)
    rows = np.argsort(true, kind="stable")[places]
    return {"true": true[rows].tolist(), "predicted": predicted[rows].tolist()}


def _coverage(levels: tuple[float, ...], true: Floats, predicted: Floats) -> dict[str, float]:
    """Return the share of rows at or below each predicted quantile; ideally it equals the quantile's level."""
    below = (true[:, None] <= predicted).mean(axis=0).tolist()
    return {str(level): share for level, share in zip(levels, below, strict=True)}
