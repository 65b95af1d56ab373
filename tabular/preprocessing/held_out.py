"""Choose the rows of a table that are held out, as the plan says, and describe them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.planning.training_rules import sample_size
from tabular.preprocessing.column_target import class_codes
from tabular.preprocessing.fold_split import Folds, fold_by_group, fold_by_time, fold_rows
from tabular.preprocessing.row_split import interleave, split_by_group, split_by_time, split_rows
from tabular.table import Table, TableColumn

Index = npt.NDArray[np.int64]
STREAM = 0x5A3B1E  # separates the random stream of samples from others of the same seed
MAX_STRATA = 20  # different numbers that are kept in proportion one by one; more are joined to bins
BINS = 10  # of a number column with more values, with about as many rows each


def hold_out(table: Table, plan: Plan, rows: Index) -> tuple[Index, Index]:
    """Return which of the ascending `rows` of the table are for training and which are held out.

    Raises:
        ValueError: no row would be left for training, or the column of times or groups has too few values.
    """
    validation, seed = plan.training.validation, plan.training.seed
    match validation.by:
        case "time":
            column = table.columns[validation.column or ""].take(rows)
            training, held_out = split_by_time(column.values, column.missing, validation.fraction)
        case "group":
            column = table.columns[validation.column or ""].take(rows)
            training, held_out = split_by_group(column.values, column.missing, validation.fraction, seed)
        case _:
            strata = _strata(table, plan, rows)
            y = rows if strata is None else strata
            training, held_out = split_rows(y, validation.fraction, seed, stratify=strata is not None)
    return rows[training], rows[held_out]


def divide_into_folds(table: Table, plan: Plan, rows: Index) -> Folds:
    """Return for each fold which of the ascending `rows` of the table its network trains on, and which are left out.

    Raises:
        ValueError: there are too few rows, times or groups for so many folds.
    """
    validation, seed = plan.training.validation, plan.training.seed
    if validation.folds is None:
        return []
    column = table.columns[validation.column].take(rows) if validation.column else None
    if validation.by == "time" and column:
        folds = fold_by_time(column.values, column.missing, validation.folds)
    elif validation.by == "group" and column:
        folds = fold_by_group(column.values, column.missing, validation.folds, seed)
    else:
        strata = _strata(table, plan, rows)
        y = rows if strata is None else strata
        folds = fold_rows(y, validation.folds, seed, stratify=strata is not None)
    return [(rows[training], rows[left_out]) for training, left_out in folds]


def draw_sample(table: Table, plan: Plan, rows: Index) -> Index:
    """Return which of the ascending `rows` of the table the network learns from: all, or the plan's sample of them.

    The classes of a target keep their shares. Rows of one group stay together if groups are held out.
    """
    sample, validation = plan.training.sample, plan.training.validation
    if sample is None:
        return rows
    count, rng = sample_size(len(rows), sample.fraction), np.random.Generator(np.random.PCG64([sample.seed, STREAM]))
    order = rng.permutation(len(rows))
    strata = _strata(table, plan, rows)
    if validation.by == "group":
        values = table.columns[validation.column or ""].take(rows).values
        _, first, group = np.unique(values[order], return_index=True, return_inverse=True)
        order = order[np.argsort(first[group], kind="stable")]
    elif validation.by != "time" and strata is not None:
        order = order[interleave(strata[order])]
    return np.sort(rows[order[:count]])


def _strata(table: Table, plan: Plan, rows: Index) -> npt.NDArray[Any] | None:
    """Return the values whose shares are the same in both parts, (n,); None if any row can be held out."""
    validation = plan.training.validation
    if validation.column is not None:
        return _bins(table.columns[validation.column].take(rows))
    single = plan.target if isinstance(plan.target, str) else None
    if single is None or validation.by == "random":
        return None
    column = table.columns[single].take(rows)
    if plan.task == "classification":
        return class_codes(column)[0]
    return _bins(column) if validation.by == "stratified" else None


def _bins(column: TableColumn) -> npt.NDArray[np.int64]:
    """Return the number of each row's value, or of its bin for many numbers or times; 0 for missing values."""
    known = column.values[~column.missing]
    edges = np.unique(known)
    if column.kind != "label" and len(edges) > MAX_STRATA:
        edges = np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.where(column.missing, 0, np.searchsorted(edges, column.values, side="right") + 1)


def describe_held_out(table: Table, plan: Plan, held_out: Index) -> dict[str, Any]:
    """Return how the rows were chosen and how many there are, as JSON values.

    `from` and `to`: the first and the last time of rows held out by time. `groups`: their number.
    """
    validation = plan.training.validation
    described: dict[str, Any] = {"by": validation.by, "column": validation.column, "rows": len(held_out)}
    described |= {"folds": validation.folds} if validation.folds else {}
    if validation.column is None or not len(held_out):
        return described
    values = table.columns[validation.column].take(held_out)
    if validation.by == "time":
        first, last = values.values.min().item(), values.values.max().item()
        return described | {"from": _shown(first, values), "to": _shown(last, values)}
    return described | ({"groups": len(np.unique(values.values))} if validation.by == "group" else {})


def _shown(value: float, column: TableColumn) -> float | str:
    if column.kind != "datetime":
        return value
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
