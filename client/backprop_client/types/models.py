"""What the service answers: models."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from backprop_client.record import Record


class AliasPredictions(Record):
    """Predictions of the model behind an alias."""

    __slots__ = ()
    predictions: list[Prediction]
    model_id: str
    """The model that answered."""


class Alias(Record):
    """A name for a model, which stays the same when the model behind it changes."""

    __slots__ = ()
    name: str
    model_id: str
    """The model that answers."""
    previous_model_id: str | None
    """The model before the last move."""
    version: int
    """Counts the moves, from 1."""
    created_at: str
    updated_at: str


class Interval(Record):
    """The ends of an interval that contains the true value as often as requested."""

    __slots__ = ()
    low: float
    high: float


class Model(Record):
    """A trained network."""

    __slots__ = ()
    _renamed: ClassVar = {"evaluation_summary": "evaluation"}
    id: str
    name: str
    job_id: str
    dataset_id: str
    created_at: str
    architecture: dict[str, Any]
    """Layers, loss, and the network as PyTorch code. `output_units`: what the network with the downloaded weights
    returns: `logits` of classes, numbers in units of the `target`, or `standardized` ones: multiply them by the
    target's `stddev` and add its `mean`.
    """
    preprocessing: dict[str, Any]
    """The fitted steps that turn a row into inputs of the network."""
    parameters: int
    metrics: dict[str, Any]
    evaluation_summary: dict[str, Any] | None
    """The main scores; `evaluation()` has everything."""
    fingerprint: str
    """Numeric fingerprint of the machine that trained the model."""
    weights: dict[str, Any]
    lineage: dict[str, Any]
    """What the model was made from, including the base model or weights of a fine-tuned one."""


class Prediction(Record):
    """The prediction for one row, or for the next row of a time series."""

    __slots__ = ()
    label: str | None
    """The most likely class."""
    probabilities: dict[str, float] | None
    value: float | None
    """The predicted number, in the target's units."""
    quantiles: dict[str, float] | None
    """Of a quantile loss."""
    interval: Interval | None
    """Of a number, if `interval` was requested."""
    set: list[str] | None
    """Of classes, if `interval` was requested: labels, the most likely first."""
    contributions: dict[str, float] | None
    """With `explain`: they add up to the answer minus `baseline`. The answer is `value`, or the probability of
    `label`.
    """
    baseline: float | None
    """With `explain`: the same answer for the average inputs of the training rows."""
    targets: dict[str, TargetPrediction] | None
    """Of a model with several targets."""
    after: dict[str, Any] | None
    """Of a time series: the last known row, and the series that it belongs to."""
    horizon: int | None
    """Of a time series: how many rows later the prediction is."""


class Predictions(Record):
    """One prediction per row, in the order of the rows. Fields that do not apply are left out."""

    __slots__ = ()
    predictions: list[Prediction]


class TargetPrediction(Record):
    """The prediction for one target: a label with probabilities, or a value."""

    __slots__ = ()
    label: str | None
    """The most likely class."""
    probabilities: dict[str, float] | None
    value: float | None
    """The predicted number, in the target's units."""
    quantiles: dict[str, float] | None
    """Of a quantile loss."""
    interval: Interval | None
    """Of a number, if `interval` was requested."""
    set: list[str] | None
    """Of classes, if `interval` was requested: labels, the most likely first."""
    contributions: dict[str, float] | None
    """With `explain`: they add up to the answer minus `baseline`. The answer is `value`, or the probability of
    `label`.
    """
    baseline: float | None
    """With `explain`: the same answer for the average inputs of the training rows."""
