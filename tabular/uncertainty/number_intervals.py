"""Intervals of predicted numbers from the residuals of rows that the network did not see."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tabular.uncertainty.levels import EVALUATED, LevelUnavailable, quantile_at, score_quantiles
from tabular.uncertainty.residual_scale import ResidualScale

Floats = npt.NDArray[np.float64]
Form = Literal["constant", "scaled", "two_sided", "scaled_two_sided"]

FORMS: tuple[Form, ...] = ("constant", "scaled", "two_sided", "scaled_two_sided")
MIN_ROWS = 200  # for a choice between the forms; fewer rows have constant intervals
MAX_ROWS = 100_000  # residuals that are kept, evenly spaced; more do not change their quantiles
MAX_WIDTH = 0.98  # of constant intervals: what another form must save to be chosen
CHOSEN_BY = 0.9  # level at which the forms are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberIntervals:
    """Split conformal intervals, from `rows` residuals: [value - scale low, value + scale high].

    low, high: quantiles at LEVELS of residuals divided by their scale, in the target's units if the scale is 1.
    minimum: no interval goes below; of counts and other numbers that cannot be negative.
    """

    rows: int
    scale: ResidualScale
    low: tuple[float, ...]
    high: tuple[float, ...]
    minimum: float | None = None

    @classmethod
    def fit(cls, predicted: Floats, true: Floats, minimum: float | None = None) -> "NumberIntervals":
        """Return the intervals of the form that is narrowest on rows that it was not fitted to."""
        step = max(-(-len(true) // MAX_ROWS), 1)
        predicted, true = predicted[::step], true[::step]
        form: Form = "constant"
        if len(true) >= MIN_ROWS:
            widths = {each: _mean_width(each, predicted, true) for each in FORMS}
            narrowest = min(FORMS, key=lambda each: widths[each])
            form = narrowest if widths[narrowest] < MAX_WIDTH * widths["constant"] else "constant"
        return cls._of_form(form, predicted, true, minimum)

    @classmethod
    def _of_form(cls, form: Form, predicted: Floats, true: Floats, minimum: float | None = None) -> "NumberIntervals":
        residuals = true - predicted
        scale = ResidualScale.fit(predicted, residuals) if form.startswith("scaled") else ResidualScale()
        scores = residuals / scale.at(predicted)
        if form.endswith("two_sided"):
            low, high = score_quantiles(-scores, 0.5), score_quantiles(scores, 0.5)
        else:
            low = high = score_quantiles(np.abs(scores))
        return cls(rows=len(true), scale=scale, low=low, high=high, minimum=minimum)

    def at(self, predicted: Floats, level: float) -> tuple[Floats, Floats]:
        """Return the lower and the upper ends, (n,) each, for predicted values (n,).

        Raises:
            LevelUnavailable: too few rows were held out for the level.
        """
        scale = self.scale.at(predicted)
        low = predicted - scale * quantile_at(self.low, level, self.rows)
        high = predicted + scale * quantile_at(self.high, level, self.rows)
        if self.minimum is not None:
            low, high = np.maximum(low, self.minimum), np.maximum(high, self.minimum)
        return low, np.maximum(low, high)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "rows": self.rows,
            "knots": list(self.scale.knots),
            "scales": list(self.scale.scales),
            "low": list(self.low),
            "high": list(self.high),
            "minimum": self.minimum,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "NumberIntervals":
        """Read what `to_json` returned."""
        return cls(
            rows=data["rows"],
            scale=ResidualScale(knots=tuple(data["knots"]), scales=tuple(data["scales"])),
            low=tuple(data["low"]),
            high=tuple(data["high"]),
            minimum=data["minimum"],
        )


def evaluate_intervals(predicted: Floats, true: Floats, minimum: float | None = None) -> list[dict[str, Any]]:
    """Return how often intervals contain the truth and how wide they are, as JSON values, for the levels in EVALUATED.

    The intervals of each half of the rows are fitted to the other half. Levels that the rows do not allow are left out.
    """
    found = []
    fitted = [NumberIntervals.fit(predicted[half::2], true[half::2], minimum) for half in (0, 1)]
    for level in EVALUATED:
        inside, width = np.empty(len(true), dtype=np.bool_), np.empty(len(true))
        try:
            for half, intervals in enumerate(reversed(fitted)):
                low, high = intervals.at(predicted[half::2], level)
                inside[half::2], width[half::2] = (low <= true[half::2]) & (true[half::2] <= high), high - low
        except LevelUnavailable:
            break
        found.append({"level": level, "coverage": float(inside.mean()), "mean_width": float(width.mean())})
    return found


def _mean_width(form: Form, predicted: Floats, true: Floats) -> float:
    """Return the mean width on each half of the rows of intervals that are fitted to the other half."""
    total = 0.0
    for half in (0, 1):
        intervals = NumberIntervals._of_form(form, predicted[half::2], true[half::2])  # noqa: SLF001 - same module
        low, high = intervals.at(predicted[1 - half :: 2], CHOSEN_BY)
        total += float(np.sum(high - low))
    return total / len(true)
