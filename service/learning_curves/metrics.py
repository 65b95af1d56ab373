"""The scores that a learning curve can be of, and the errors that a power law is fitted to."""

from dataclasses import dataclass

from tabular.evaluation.power_law import Estimate
from tabular.planning.plan import Plan

HIGHER_IS_BETTER = frozenset({"accuracy", "balanced_accuracy", "roc_auc", "r2", "concordance"})
OF_CLASSES = ("accuracy", "balanced_accuracy", "log_loss", "brier", "roc_auc")
OF_NUMBERS = ("rmse", "mae", "r2")
COUNTED = frozenset({"accuracy", "balanced_accuracy"})  # shares of rows
NAMES = {"roc_auc": "ROC AUC", "r2": "R²", "rmse": "RMSE", "mae": "MAE", "brier": "Brier score"}


def metrics_of(plan: Plan) -> tuple[str, ...]:
    """Return the metrics of a job's evaluation that a curve can have, the default first."""
    if plan.censored is not None:
        return ("concordance",)
    if len(plan.parts) > 1:
        return ("accuracy", "r2") if plan.task != "regression" else ("r2",)
    return OF_CLASSES if plan.task == "classification" else OF_NUMBERS


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveMetric:
    """A score, and the error that it stands for: 1 - score if higher scores are better."""

    name: str

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher score is a better one."""
        return self.name in HIGHER_IS_BETTER

    @property
    def label(self) -> str:
        """Return the name for people."""
        return NAMES.get(self.name, self.name.replace("_", " "))

    def convert(self, value: float) -> float:
        """Turn a score into an error, or an error into a score."""
        return 1 - value if self.higher_is_better else value

    def score(self, error: Estimate) -> Estimate:
        """Return the score of an estimated error."""
        if not self.higher_is_better:
            return error
        return Estimate(value=1 - error.value, low=1 - error.high, high=1 - error.low)

    def resolution(self, errors: list[float], rows: int) -> float:
        """Return the smallest difference of errors that means something, evaluated on so many rows."""
        return 1 / rows if self.name in COUNTED else 1e-3 * min(errors)
