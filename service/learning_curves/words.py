"""What a learning curve says, in words, and whether more rows are worth it."""

from typing import Literal

from service.learning_curves.curve import Extrapolation, LearningCurveNow
from tabular.evaluation.power_law import Estimate

MoreData = Literal["yes", "no", "unclear"]

WORTH = 0.05  # part of the error by which twice the rows must reduce it
SURE = 0.01  # part of the error that is gained even at the bad end of the interval
VERDICTS: dict[MoreData, str] = {
    "yes": "More rows are worth collecting.",
    "no": "More rows of the same kind are hardly worth collecting; better features or another network may help more.",
    "unclear": "Whether more rows are worth collecting is not clear: chance moves the scores as much as the rows do. "
    "More `samples` tell more.",
}


def more_data(found: Extrapolation | None) -> MoreData | None:
    """Return whether twice the rows would reduce the error by 5 % or more; None without a fitted curve."""
    if found is None or found.error <= 0:
        return None
    value, low, high = (end / found.error for end in (found.reduction.value, found.reduction.low, found.reduction.high))
    if value >= WORTH and low >= SURE:
        return "yes"
    return "no" if value < WORTH and high < 2 * WORTH else "unclear"


def summary(curve: LearningCurveNow) -> str:
    """Return what the curve says now, in a few sentences."""
    found, verdict = curve.extrapolation, more_data(curve.extrapolation)
    waiting = f"{curve.ended} of {len(curve.parts)} jobs of the learning curve have ended."
    if found is None:
        if not curve.has_ended:
            return f"{waiting} At least three sizes with scores are needed for an answer."
        return "Too few jobs of the learning curve have a score for an answer."
    rows, label = curve.points[0].rows, curve.metric.label
    double, tenfold = found.forecasts
    sentences = [
        f"With all {rows:,} training rows, the {label} is about {_number(found.now.value)}.",
        f"A job with twice the rows would have {_range(double.score)} and take {_seconds(double.cpu_seconds)};",
        f"with ten times the rows, {_range(tenfold.score)} and {_seconds(tenfold.cpu_seconds)}.",
        VERDICTS[verdict] if verdict else "There is no error left that more rows could reduce.",
    ]
    return " ".join(sentences if curve.has_ended else [waiting, *sentences])


def _range(score: Estimate) -> str:
    return f"{_number(score.value)} (90 % interval {_number(score.low)} to {_number(score.high)})"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s of CPU time"
