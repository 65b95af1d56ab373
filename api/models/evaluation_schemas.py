"""The evaluation of a model as responses show it."""

from typing import Any, Self

from pydantic import ConfigDict, Field

from api.http.schemas import View

OMITTED = frozenset({"roc", "precision_recall", "lift", "predicted_against_true", "most_confused"})  # of a summary
NO_UNSEEN_ROWS = (
    "No rows were held out when the model was trained, so nothing says how good its answers for new rows are."
)
HOLD_OUT_ROWS = (
    "Train a model with `validation.fraction` above 0, with `validation.folds`, or with an ensemble of folds."
)


class Scores(View):
    """Scores, as far as they are defined: those of classes, or those of numbers."""

    model_config = ConfigDict(frozen=True, extra="allow")

    accuracy: float | None = Field(default=None, description="Share of rows whose most likely class is the true one.")
    balanced_accuracy: float | None = Field(default=None, description="Mean recall of the classes.")
    log_loss: float | None = Field(default=None, description="Mean of -ln(probability of the true class).")
    brier: float | None = Field(default=None, description="Mean squared error of the probabilities.")
    roc_auc: float | None = Field(
        default=None,
        description="Area under the ROC curve; for more than two classes, the mean of one against the rest.",
    )
    r2: float | None = Field(default=None, description="1 - squared error / variance; null if all values are equal.")
    mae: float | None = Field(default=None, description="Mean absolute error, in the target's units.")
    rmse: float | None = Field(default=None, description="Root of the mean squared error, in the target's units.")
    median_absolute_error: float | None = None
    mape: float | None = Field(
        default=None, description="Mean of |error| / |true value|; null unless all true values have one sign."
    )
    all_right: float | None = Field(default=None, description="Share of rows in which every target's class is right.")
    poisson_deviance: float | None = Field(default=None, description="Mean deviance, for the loss `poisson`.")
    gamma_deviance: float | None = Field(default=None, description="Mean deviance, for the loss `gamma`.")
    tweedie_deviance: float | None = Field(default=None, description="Mean deviance, for the loss `tweedie`.")


class ClassScores(View):
    """How well one class is recognized."""

    label: str
    rows: int = Field(description="Rows of this class (support).")
    precision: float | None
    recall: float | None
    f1: float | None


class ConfusionMatrix(View):
    """How often rows of a true class (rows of the matrix) got each predicted class (columns)."""

    labels: list[str]
    counts: list[list[int]]
    omitted_classes: int = Field(default=0, description="Classes left out: of more than 50, those with fewer errors.")


class ConfusedPair(View):
    """Rows of one class that were taken for another."""

    true: str
    predicted: str
    rows: int


class CalibrationBin(View):
    """Rows with probabilities from `low` to `high`."""

    low: float
    high: float
    rows: int
    mean_probability: float
    frequency: float = Field(description="How often what the probability says was true.")


class CalibrationView(View):
    """How well probabilities agree with frequencies."""

    of: str = Field(description="`second_class` for two classes, otherwise `predicted_label`.")
    expected_calibration_error: float
    temperature: float = Field(default=1.0, description="By what the logits are divided; 1 changes nothing.")
    bins: list[CalibrationBin]


class RocCurve(View):
    """At most 200 points of the ROC curve of a class against the rest."""

    label: str
    auc: float
    false_positive_rate: list[float]
    true_positive_rate: list[float]
    threshold: list[float | None]


class PrecisionRecallCurve(View):
    """At most 200 points of the precision-recall curve of a class against the rest."""

    label: str
    average_precision: float
    recall: list[float]
    precision: list[float]
    threshold: list[float]


class LiftCurve(View):
    """How many of a class are among the rows with its highest probabilities."""

    label: str
    fraction: list[float] = Field(description="Share of all rows, those with the highest probabilities first.")
    gain: list[float] = Field(description="Share of the class that is among them.")
    lift: list[float] = Field(description="gain / fraction: how many times more than without a model.")


class BestThreshold(View):
    """The probability of the second class from which on it should be predicted for the highest F1 score."""

    label: str
    threshold: float
    f1: float
    precision: float
    recall: float


class Points(View):
    """At most 200 rows, evenly spaced in the order of their true values."""

    true: list[float]
    predicted: list[float]


class IntervalCoverage(View):
    """How intervals of one level did on rows that they were not fitted to."""

    level: float
    coverage: float = Field(description="Share of rows whose true value is inside; ideally the level.")
    mean_width: float


class SetCoverage(View):
    """How label sets of one level did on rows that they were not fitted to."""

    level: float
    coverage: float = Field(description="Share of rows whose true label is in the set; at least about the level.")
    mean_size: float


class ColumnImportance(View):
    """How much worse the answers get when the values of a column are shuffled among the rows."""

    column: str
    importance: float = Field(description="Mean increase of the log loss, or fall of R²; about 0 for noise.")
    stddev: float = Field(description="Standard deviation over the shuffles.")


class Importance(View):
    """Permutation importance of all input columns, the most important first."""

    metric: str = Field(description="`log_loss`, `r2`, or `log_loss_and_r2` for targets of both kinds.")
    rows: int
    repeats: int = Field(description="Shuffles of each column.")
    columns: list[ColumnImportance]


class TargetEvaluation(Scores):
    """The evaluation of one target column."""

    rows: int = Field(description="Rows that were not used for training.")
    baseline: Scores | None = Field(
        default=None,
        description="Scores without a model: the class frequencies of the training rows, or their mean value.",
    )
    weighted_scores: Scores | None = Field(
        default=None, description="Main scores with rows counted by `sample_weight`."
    )
    per_class: list[ClassScores] | None = None
    confusion_matrix: ConfusionMatrix | None = None
    most_confused: list[ConfusedPair] | None = None
    calibration: CalibrationView | None = None
    roc: list[RocCurve] | None = Field(default=None, description="Of the second class, or of up to 10 classes.")
    precision_recall: list[PrecisionRecallCurve] | None = None
    lift: list[LiftCurve] | None = None
    best_threshold: BestThreshold | None = None
    sets: list[SetCoverage] | None = Field(default=None, description="Coverage of the label sets of `interval`.")
    residual_quantiles: dict[str, float] | None = Field(default=None, description="Of true minus predicted values.")
    predicted_against_true: Points | None = None
    coverage: dict[str, float] | None = Field(
        default=None, description="Of a quantile loss: share of rows at or below each predicted quantile."
    )
    intervals: list[IntervalCoverage] | None = Field(
        default=None, description="Coverage of the intervals of `interval`."
    )


class EvaluationView(TargetEvaluation):
    """How good a model is on rows that it was not trained on, beside a naive baseline.

    Fields that do not apply to the target are left out. With several targets, `targets` has the evaluation of each.
    """

    targets: dict[str, TargetEvaluation] | None = None
    folds: list[Scores] | None = Field(default=None, description="Main scores of each fold, if folds are used.")
    last_value: dict[str, Any] | None = Field(
        default=None, description="Scores of predicting the last known value of a time series."
    )
    weighted: bool | None = Field(default=None, description="Always false: each row counts once.")
    importance: Importance | None = None
    validation: dict[str, Any] | None = Field(default=None, description="Which rows were held out.")
    reason: str | None = Field(default=None, description="Why there is no evaluation.")
    fix: str | None = Field(default=None, description="How to get one.")

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Self:
        """Return the view of a stored evaluation; without one, why there is none."""
        if stored is None:
            return cls(rows=0, reason=NO_UNSEEN_ROWS, fix=HOLD_OUT_ROWS)
        return cls.model_validate(stored)


def evaluation_summary(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an evaluation without curves and points."""
    if stored is None:
        return None
    kept = {name: value for name, value in stored.items() if name not in OMITTED}
    if targets := kept.get("targets"):
        kept["targets"] = {column: evaluation_summary(each) for column, each in targets.items()}
    return kept
