"""Metrics of predicted risks, for times until an event."""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.metrics.survival import concordance
from tabular.preprocessing.survival import times_and_events

Floats = npt.NDArray[np.float64]


def evaluate_times(true: Floats, risk: Floats, weights: Floats | None = None) -> dict[str, Any]:
    """Return the metrics of log relative risks (n,) as JSON values. `true`: times (n,), as `signed_times`."""
    return {
        "rows": len(true),
        "events": int(times_and_events(true)[:, 1].sum()),
        "concordance": time_concordance(true, risk, weights),
        "baseline": {"concordance": 0.5},
    }


def time_concordance(true: Floats, risk: Floats, weights: Floats | None = None) -> float:
    """Return the share of comparable pairs of rows in which the earlier event has the higher risk."""
    return concordance(risk, times_and_events(true), np.ones(len(true)) if weights is None else weights)
