"""Score the naive forecast of a time series: its last known value."""

from typing import Any

import numpy as np

from tabular.evaluation.regression import errors
from tabular.preprocessing.target import TargetEncoder
from tabular.preprocessing.training_arrays import LastValues


def evaluate_last_value(target: TargetEncoder, y: Any, last: LastValues) -> dict[str, Any] | None:
    """Return the scores of predicting that nothing changes, as JSON values; None if no earlier value is known.

    `y`: the true targets as `target.transform` returns them, (n, ...).
    """
    column, true = target.columns[0], np.asarray(y)[last.known].reshape(-1)
    if not true.size:
        return None
    naive = last.values.reshape(-1)
    if column.task == "classification":
        return {"rows": len(true), "accuracy": float(np.mean(naive == true))}
    return {"rows": len(true), **errors(column.in_units(true), column.in_units(naive))}
