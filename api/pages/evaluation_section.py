"""The scores of one target: beside the baseline, with plots."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.pages.html import number, table
from api.pages.plots import bars, plot

MAX_BARS = 20
MAX_CLASSES = 50  # whose scores are listed
NAMES = {  # of scores, in the order of the table
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "all_right": "All targets right",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "roc_auc": "ROC AUC",
    "r2": "R²",
    "mae": "Mean absolute error",
    "rmse": "Root mean squared error",
    "median_absolute_error": "Median absolute error",
    "mape": "Mean absolute percentage error",
    "poisson_deviance": "Poisson deviance",
    "gamma_deviance": "Gamma deviance",
    "tweedie_deviance": "Tweedie deviance",
    "concordance": "Concordance index",
}


def evaluation_section(metrics: Mapping[str, Any]) -> str:
    """Return the scores of one target as HTML. What an evaluation lacks is left out."""
    rows, plots = metrics.get("rows"), "".join(_plots(metrics))
    about = f"<p>On {number(rows)} rows that the networks did not train on.</p>" if rows else ""
    parts = [about, _scores(metrics), f'<div class="plots">{plots}</div>', _coverage(metrics), _classes(metrics)]
    return "".join([*parts, _importance(metrics.get("importance") or {})])


def _scores(metrics: Mapping[str, Any]) -> str:
    baseline = metrics.get("baseline") or {}
    rows = [
        (name, number(metrics[key]), number(baseline.get(key)))
        for key, name in NAMES.items()
        if isinstance(metrics.get(key), int | float)
    ]
    return table(rows, ("Score", "Model", "Baseline"))


def _classes(metrics: Mapping[str, Any]) -> str:
    columns = ("rows", "precision", "recall", "f1")
    rows = [
        (str(each.get("label")), *(number(each.get(column)) for column in columns))
        for each in (metrics.get("per_class") or ())[:MAX_CLASSES]
    ]
    return table(rows, ("Class", "Rows", "Precision", "Recall", "F1")) if rows else ""


def _coverage(metrics: Mapping[str, Any]) -> str:
    """Return how often intervals or label sets contain the truth, by level."""
    levels: Sequence[Mapping[str, float]] = metrics.get("intervals") or metrics.get("sets") or ()
    if not levels:
        return ""
    heads = [name.replace("_", " ").capitalize() for name in levels[0]]
    rows = [[number(value) for value in level.values()] for level in levels]
    return f"<h3>Intervals and label sets</h3>{table(rows, heads)}"


def _importance(importance: Mapping[str, Any]) -> str:
    columns = (importance.get("columns") or ())[:MAX_BARS]
    if not columns:
        return ""
    values = {each["column"]: (float(each["importance"]), float(each.get("stddev") or 0)) for each in columns}
    return f"<h3>Importance of columns: loss when the values of a column are shuffled</h3>{bars(values)}"


def _plots(metrics: Mapping[str, Any]) -> Iterator[str]:
    bins = (metrics.get("calibration") or {}).get("bins") or ()
    points = [(each["mean_probability"], each["frequency"]) for each in bins if each.get("rows")]
    if points:
        ideal = [(0.0, 0.0), (1.0, 1.0)]
        yield plot({"frequency": points, "ideal": ideal}, "predicted probability", "frequency")
    roc = {
        str(each["label"]): _pairs(each, "false_positive_rate", "true_positive_rate")
        for each in metrics.get("roc") or ()
    }
    yield plot(roc, "false positive rate", "true positive rate")
    true = metrics.get("predicted_against_true") or {}
    yield plot({"predicted": _pairs(true, "true", "predicted")}, "true value", "predicted value", dots=True)


def _pairs(values: Mapping[str, Any], x: str, y: str) -> list[tuple[float, float]]:
    pairs = zip(values.get(x) or (), values.get(y) or (), strict=False)
    return [(float(first), float(second)) for first, second in pairs if _is_number(first) and _is_number(second)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
