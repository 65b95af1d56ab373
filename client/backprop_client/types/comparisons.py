"""What the service answers: comparisons."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any, Literal

from backprop_client.record import Record
from backprop_client.types.shared import ServiceWarning


class ComparedModel(Record):
    """The scores of one model."""

    __slots__ = ()
    model_id: str
    scores: dict[str, Any]
    """By metric; by column to predict, if there are several."""


class Comparison(Record):
    """Two models on the same rows."""

    __slots__ = ()
    dataset_id: str
    rows: int
    """Rows that were compared: those with the column to predict, at most 100,000."""
    total_rows: int
    """Rows of the data set."""
    metric: Literal["log_loss", "squared_error", "mean_loss"]
    """What the loss of a row is; `mean_loss` is the mean over several columns to predict."""
    models: list[ComparedModel]
    difference: Difference
    verdict: Literal["better", "worse", "same", "not_enough_rows"]
    """About the second model. `better` and `worse` need p < 0.01 and a difference above 0.5 % of the loss, `same`
    an interval narrower than 20 % of the loss.
    """
    summary: str
    largest_differences: list[DifferentRow]
    warnings: list[ServiceWarning]


class Difference(Record):
    """The mean loss of the first model minus that of the second: above 0 if the second is better."""

    __slots__ = ()
    mean: float
    low: float | None
    """The lower bound of the interval; null for one row."""
    high: float | None
    """The upper bound of the interval; null for one row."""
    level: float
    """How often such intervals contain the true difference."""
    relative: float | None
    """The mean as a share of the first model's loss."""
    p_value: float
    """How probable a difference at least as large is between equal models."""


class DifferentRow(Record):
    """A row where the losses of the models differ much."""

    __slots__ = ()
    row: int
    """The number of the row in the data set, from 0."""
    truth: dict[str, Any]
    predictions: list[dict[str, Any]]
    """What each model predicts."""
    losses: list[float]
