"""What the service answers: evaluations."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any

from backprop_client.record import Record


class BestThreshold(Record):
    """The probability of the second class from which on it should be predicted for the highest F1 score."""

    __slots__ = ()
    label: str
    threshold: float
    f1: float
    precision: float
    recall: float


class CalibrationBin(Record):
    """Rows with probabilities from `low` to `high`."""

    __slots__ = ()
    low: float
    high: float
    rows: int
    mean_probability: float
    frequency: float
    """How often what the probability says was true."""


class Calibration(Record):
    """How well probabilities agree with frequencies."""

    __slots__ = ()
    of: str
    """`second_class` for two classes, otherwise `predicted_label`."""
    expected_calibration_error: float
    temperature: float
    """By what the logits are divided; 1 changes nothing."""
    bins: list[CalibrationBin]


class ClassScores(Record):
    """How well one class is recognized."""

    __slots__ = ()
    label: str
    rows: int
    """Rows of this class (support)."""
    precision: float | None
    recall: float | None
    f1: float | None


class ColumnImportance(Record):
    """How much worse the answers get when the values of a column are shuffled among the rows."""

    __slots__ = ()
    column: str
    importance: float
    """Mean increase of the log loss, or fall of R²; about 0 for noise."""
    stddev: float
    """Standard deviation over the shuffles."""


class ConfusedPair(Record):
    """Rows of one class that were taken for another."""

    __slots__ = ()
    true: str
    predicted: str
    rows: int


class ConfusionMatrix(Record):
    """How often rows of a true class (rows of the matrix) got each predicted class (columns)."""

    __slots__ = ()
    labels: list[str]
    counts: list[list[int]]
    omitted_classes: int
    """Classes left out: of more than 50, those with fewer errors."""


class Evaluation(Record):
    """How good a model is on rows that it was not trained on, beside a naive baseline. Fields that do not apply to
    the target are left out. With several targets, `targets` has the evaluation of each.
    """

    __slots__ = ()
    accuracy: float | None
    """Share of rows whose most likely class is the true one."""
    balanced_accuracy: float | None
    """Mean recall of the classes."""
    log_loss: float | None
    """Mean of -ln(probability of the true class)."""
    brier: float | None
    """Mean squared error of the probabilities."""
    roc_auc: float | None
    """Area under the ROC curve; for more than two classes, the mean of one against the rest."""
    r2: float | None
    """1 - squared error / variance; null if all values are equal."""
    mae: float | None
    """Mean absolute error, in the target's units."""
    rmse: float | None
    """Root of the mean squared error, in the target's units."""
    median_absolute_error: float | None
    mape: float | None
    """Mean of |error| / |true value|; null unless all true values have one sign."""
    all_right: float | None
    """Share of rows in which every target's class is right."""
    poisson_deviance: float | None
    """Mean deviance, for the loss `poisson`."""
    gamma_deviance: float | None
    """Mean deviance, for the loss `gamma`."""
    tweedie_deviance: float | None
    """Mean deviance, for the loss `tweedie`."""
    rows: int
    """Rows that were not used for training."""
    baseline: Scores | None
    """Scores without a model: the class frequencies of the training rows, or their mean value."""
    weighted_scores: Scores | None
    """Main scores with rows counted by `sample_weight`."""
    per_class: list[ClassScores] | None
    confusion_matrix: ConfusionMatrix | None
    most_confused: list[ConfusedPair] | None
    calibration: Calibration | None
    roc: list[RocCurve] | None
    """Of the second class, or of up to 10 classes."""
    precision_recall: list[PrecisionRecallCurve] | None
    lift: list[LiftCurve] | None
    best_threshold: BestThreshold | None
    sets: list[SetCoverage] | None
    """Coverage of the label sets of `interval`."""
    residual_quantiles: dict[str, float] | None
    """Of true minus predicted values."""
    predicted_against_true: Points | None
    coverage: dict[str, float] | None
    """Of a quantile loss: share of rows at or below each predicted quantile."""
    intervals: list[IntervalCoverage] | None
    """Coverage of the intervals of `interval`."""
    targets: dict[str, TargetEvaluation] | None
    folds: list[Scores] | None
    """Main scores of each fold, if folds are used."""
    last_value: dict[str, Any] | None
    """Scores of predicting the last known value of a time series."""
    weighted: bool | None
    """Always false: each row counts once."""
    importance: Importance | None
    validation: dict[str, Any] | None
    """Which rows were held out."""
    reason: str | None
    """Why there is no evaluation."""
    fix: str | None
    """How to get one."""


class Importance(Record):
    """Permutation importance of all input columns, the most important first."""

    __slots__ = ()
    metric: str
    """`log_loss`, `r2`, or `log_loss_and_r2` for targets of both kinds."""
    rows: int
    repeats: int
    """Shuffles of each column."""
    columns: list[ColumnImportance]


class IntervalCoverage(Record):
    """How intervals of one level did on rows that they were not fitted to."""

    __slots__ = ()
    level: float
    coverage: float
    """Share of rows whose true value is inside; ideally the level."""
    mean_width: float


class LiftCurve(Record):
    """How many of a class are among the rows with its highest probabilities."""

    __slots__ = ()
    label: str
    fraction: list[float]
    """Share of all rows, those with the highest probabilities first."""
    gain: list[float]
    """Share of the class that is among them."""
    lift: list[float]
    """gain / fraction: how many times more than without a model."""


class Points(Record):
    """At most 200 rows, evenly spaced in the order of their true values."""

    __slots__ = ()
    true: list[float]
    predicted: list[float]


class PrecisionRecallCurve(Record):
    """At most 200 points of the precision-recall curve of a class against the rest."""

    __slots__ = ()
    label: str
    average_precision: float
    recall: list[float]
    precision: list[float]
    threshold: list[float]


class RocCurve(Record):
    """At most 200 points of the ROC curve of a class against the rest."""

    __slots__ = ()
    label: str
    auc: float
    false_positive_rate: list[float]
    true_positive_rate: list[float]
    threshold: list[float | None]


class Scores(Record):
    """Scores, as far as they are defined: those of classes, or those of numbers."""

    __slots__ = ()
    accuracy: float | None
    """Share of rows whose most likely class is the true one."""
    balanced_accuracy: float | None
    """Mean recall of the classes."""
    log_loss: float | None
    """Mean of -ln(probability of the true class)."""
    brier: float | None
    """Mean squared error of the probabilities."""
    roc_auc: float | None
    """Area under the ROC curve; for more than two classes, the mean of one against the rest."""
    r2: float | None
    """1 - squared error / variance; null if all values are equal."""
    mae: float | None
    """Mean absolute error, in the target's units."""
    rmse: float | None
    """Root of the mean squared error, in the target's units."""
    median_absolute_error: float | None
    mape: float | None
    """Mean of |error| / |true value|; null unless all true values have one sign."""
    all_right: float | None
    """Share of rows in which every target's class is right."""
    poisson_deviance: float | None
    """Mean deviance, for the loss `poisson`."""
    gamma_deviance: float | None
    """Mean deviance, for the loss `gamma`."""
    tweedie_deviance: float | None
    """Mean deviance, for the loss `tweedie`."""


class SetCoverage(Record):
    """How label sets of one level did on rows that they were not fitted to."""

    __slots__ = ()
    level: float
    coverage: float
    """Share of rows whose true label is in the set; at least about the level."""
    mean_size: float


class TargetEvaluation(Record):
    """The evaluation of one target column."""

    __slots__ = ()
    accuracy: float | None
    """Share of rows whose most likely class is the true one."""
    balanced_accuracy: float | None
    """Mean recall of the classes."""
    log_loss: float | None
    """Mean of -ln(probability of the true class)."""
    brier: float | None
    """Mean squared error of the probabilities."""
    roc_auc: float | None
    """Area under the ROC curve; for more than two classes, the mean of one against the rest."""
    r2: float | None
    """1 - squared error / variance; null if all values are equal."""
    mae: float | None
    """Mean absolute error, in the target's units."""
    rmse: float | None
    """Root of the mean squared error, in the target's units."""
    median_absolute_error: float | None
    mape: float | None
    """Mean of |error| / |true value|; null unless all true values have one sign."""
    all_right: float | None
    """Share of rows in which every target's class is right."""
    poisson_deviance: float | None
    """Mean deviance, for the loss `poisson`."""
    gamma_deviance: float | None
    """Mean deviance, for the loss `gamma`."""
    tweedie_deviance: float | None
    """Mean deviance, for the loss `tweedie`."""
    rows: int
    """Rows that were not used for training."""
    baseline: Scores | None
    """Scores without a model: the class frequencies of the training rows, or their mean value."""
    weighted_scores: Scores | None
    """Main scores with rows counted by `sample_weight`."""
    per_class: list[ClassScores] | None
    confusion_matrix: ConfusionMatrix | None
    most_confused: list[ConfusedPair] | None
    calibration: Calibration | None
    roc: list[RocCurve] | None
    """Of the second class, or of up to 10 classes."""
    precision_recall: list[PrecisionRecallCurve] | None
    lift: list[LiftCurve] | None
    best_threshold: BestThreshold | None
    sets: list[SetCoverage] | None
    """Coverage of the label sets of `interval`."""
    residual_quantiles: dict[str, float] | None
    """Of true minus predicted values."""
    predicted_against_true: Points | None
    coverage: dict[str, float] | None
    """Of a quantile loss: share of rows at or below each predicted quantile."""
    intervals: list[IntervalCoverage] | None
    """Coverage of the intervals of `interval`."""
