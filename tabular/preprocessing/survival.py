"""Times until an event: which are censored, and the baseline hazard that turns relative risks into probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.losses.cox import RiskSets
from tabular.column_format import TRUE
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MAX_POINTS = 200  # of a stored baseline hazard
CURVE_POINTS = 10  # of a predicted survival curve


def is_censored(column: TableColumn) -> npt.NDArray[np.bool_]:
    """Return whether the event of each row was not seen, (n,), from a boolean column or a column of 0 and 1."""
    if column.kind != "label":
        return np.asarray(column.values > 0)
    true = np.array([label.lower() in TRUE for label in column.labels], dtype=bool)
    return np.asarray(true[column.values.astype(np.int64)])


def signed_times(times: Floats, is_event: npt.NDArray[np.bool_]) -> Floats:
    """Return times (n,) of at least 0 as one number each: those without event get a negative sign, also 0."""
    return np.copysign(times, np.where(is_event, 1.0, -1.0))


def times_and_events(signed: Floats) -> Floats:
    """Return the times and events (n, 2) of `signed_times`."""
    return np.column_stack([np.abs(signed), ~np.signbit(signed)])


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineHazard:
    """The cumulative hazard of a row with the relative risk 1, a step function: `cumulative[i]` from `times[i]` on.

    Breslow (1974), with Efron's correction for equal times.
    """

    times: tuple[float, ...]
    cumulative: tuple[float, ...]

    @classmethod
    def fit(cls, risk: Floats, targets: Array, weights: Floats) -> "BaselineHazard":
        """Learn from log relative risks (n,), times and events (n, 2), and weights (n,) of the training rows."""
        if not targets[:, 1].any():
            return cls(times=(), cumulative=())
        sets = RiskSets.of(risk, targets, weights, efron=True)
        times = targets[sets.order[sets.events], 0].astype(np.float64)
        rising = np.argsort(times, kind="stable")
        found, last = np.unique(times[rising][::-1], return_index=True)
        hazard = np.cumsum((sets.hazards * np.exp(-sets.shift))[rising])[len(times) - 1 - last]
        kept = np.unique(np.linspace(0, len(found) - 1, min(len(found), MAX_POINTS)).astype(np.int64))
        return cls(times=tuple(found[kept].tolist()), cumulative=tuple(hazard[kept].tolist()))

    @property
    def curve_points(self) -> npt.NDArray[np.int64]:
        """The places of the times at which survival curves are answered."""
        times = len(self.times)
        return np.unique(np.linspace(0, times - 1, min(times, CURVE_POINTS)).astype(np.int64))

    def answers(self, risk: Floats) -> list[dict[str, Any]]:
        """Return for each log relative risk (n,): the median time, the relative risk, and points of the survival curve.

        The median is None if more than half of such rows are expected to be without event at the last known time.
        """
        relative = np.exp(np.clip(risk, -50, 50))
        hazard, times = np.array(self.cumulative), np.array(self.times)
        median = np.searchsorted(hazard, np.log(2) / relative)
        shown = self.curve_points
        curves = np.exp(-relative[:, None] * hazard[shown])  # without points if there was no event
        return [
            {
                "value": self.times[place] if place < len(times) else None,
                "relative_risk": one,
                "survival": [
                    {"time": time, "probability": p} for time, p in zip(times[shown].tolist(), curve, strict=True)
                ],
            }
            for place, one, curve in zip(median.tolist(), relative.tolist(), curves.tolist(), strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the step function as JSON values."""
        return {"times": list(self.times), "cumulative": list(self.cumulative)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "BaselineHazard":
        """Read what `to_json` returned."""
        return cls(times=tuple(data["times"]), cumulative=tuple(data["cumulative"]))
