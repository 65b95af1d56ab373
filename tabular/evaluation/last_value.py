"""Score the naive forecast of a time series: its last known value."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.evaluation.regression import errors
from tabular.preprocessing.target import TargetEncoder
from tabular.preprocessing.training_arrays import LastValues

Floats = npt.NDArray[np.float64]


def evaluate_last_value(target: TargetEncoder, truth: Floats, last: LastValues) -> dict[str, Any] | None:
    """Return the scores of predicting that nothing changes, as JSON values; None if no earlier value is known.

    `truth`: the true targets as `target.truth` returns them, (n, 1).
    """
    column, true = target.columns[0], truth[last.known].reshape(-1)
    if not true.size:
        return None
    naive = last.values.reshape(-1)
    if column.task == "classification":
        return {"rows": len(true), "accuracy": float(np.mean(naive == true))}
    return {"rows": len(true), **errors(true, naive)}
