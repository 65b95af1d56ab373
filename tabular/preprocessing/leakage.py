"""Warn about features that alone predict the target: their values were often recorded after the target was known."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.preprocessing.column_target import class_codes
from tabular.profile import DataWarning
from tabular.table import Table, TableColumn

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]
MIN_ROWS = 100
MAX_ROWS = 4_000  # of the training rows, evenly spaced
MAX_CELLS = 1_000_000
MAX_GROUPS = 50  # different values of a number that are looked at one by one; more are joined to bins
BINS = 64  # of a number column, with about as many rows each
MIN_SEEN = 0.9  # share of the second half of the rows whose value is in the first half, too
MAX_ERROR = 0.01  # share of wrong classes
MAX_ERROR_SHARE = 0.1  # of the error of always predicting the most frequent class
MIN_OTHERS = 5  # rows of other classes than the most frequent one; fewer show nothing
MIN_R2 = 0.995


def leaking_features(table: Table, plan: Plan, training: Index) -> Iterator[DataWarning]:
    """Yield a warning for each feature that predicts the only target of the training rows without the others.

    Half of a sample of rows gives the most frequent class, or the mean, for each value of the feature or bin of its
    values. The other half says how well that predicts.
    """
    step = max(1, -(-len(training) // min(MAX_ROWS, max(MIN_ROWS, MAX_CELLS // max(1, len(plan.features))))))
    rows = training[::step]
    if not isinstance(plan.target, str) or plan.task is None or len(rows) < MIN_ROWS:
        return
    target = table.columns[plan.target].take(rows)
    y = class_codes(target)[0] if plan.task == "classification" else _scaled(target.values)
    for feature in plan.features:
        groups = _groups(table.columns[feature.column].take(rows))
        score = _class_score(groups, y) if plan.task == "classification" else _number_score(groups, y)
        if score is not None:
            yield _warning(feature.column, plan, score)


def _scaled(values: Array) -> Array:
    """Return numbers from -1 to 1, so that their squares do not overflow."""
    numbers = values.astype(np.float64)
    return numbers / (np.abs(numbers).max() or 1.0)


def _groups(column: TableColumn) -> Index:
    """Return the number of each row's value or bin, (n,); 0 for missing values."""
    edges = np.unique(column.values[~column.missing])
    if column.kind != "label" and len(edges) > MAX_GROUPS:
        edges = np.quantile(edges, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.where(column.missing, 0, np.searchsorted(edges, column.values, side="right") + 1)


def _class_score(groups: Index, y: Array) -> float | None:
    """Return the accuracy of the most frequent class of each group, if it is nearly perfect and not by chance."""
    counts = np.zeros((groups.max() + 1, y.max() + 1))
    np.add.at(counts, (groups[::2], y[::2]), 1)
    seen = counts.sum(axis=1)[groups[1::2]] > 0
    if seen.mean() < MIN_SEEN:
        return None
    error = float((counts.argmax(axis=1)[groups[1::2]] != y[1::2])[seen].mean())
    others = np.bincount(y[::2]).argmax() != y[1::2]
    is_good = error <= min(MAX_ERROR, MAX_ERROR_SHARE * others.mean())
    return 1 - error if is_good and others.sum() >= MIN_OTHERS else None


def _number_score(groups: Index, y: Array) -> float | None:
    """Return R² of the mean of each group, if it is nearly 1."""
    counts, sums = np.bincount(groups[::2]), np.bincount(groups[::2], y[::2])
    known = np.flatnonzero(counts)
    seen = np.isin(groups[1::2], known)
    if seen.mean() < MIN_SEEN:
        return None
    truth = y[1::2][seen]
    total = float(((truth - truth.mean()) ** 2).sum())
    errors = truth - (sums / np.maximum(counts, 1))[groups[1::2][seen]]
    r2 = 1 - float((errors**2).sum()) / total if total > 0 else 0.0
    return r2 if r2 >= MIN_R2 else None


def _warning(column: str, plan: Plan, score: float) -> DataWarning:
    measured = f"accuracy {score:.3f}" if plan.task == "classification" else f"R² {score:.4f}"
    return DataWarning(
        code="leakage",
        column=column,
        detail=f"{column!r} alone predicts {plan.target!r} ({measured}). It may be a copy of the target, or be known "
        "only after the target is.",
        fix="If so, list only the other columns in `features`.",
    )
