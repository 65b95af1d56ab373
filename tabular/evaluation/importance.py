"""Permutation importance: how much worse a model answers when the values of one column are shuffled among the rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.evaluation.classification import log_loss
from tabular.evaluation.survival import time_concordance
from tabular.preprocessing.column_target import class_probabilities
from tabular.preprocessing.target import TargetEncoder

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Outputs = Callable[[Sequence[Array]], Floats]

SEED = 0  # the same model and rows always have the same importance
REPEATS, MIN_REPEATS = 5, 2  # shuffles of each column
MAX_ROWS, MIN_ROWS = 2_000, 100  # that are shuffled, evenly spaced
BLOCK_NUMBERS = 1_000_000  # inputs that are held at a time: 4 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffledRows:
    """Rows that are shuffled among themselves, because the same networks answer for them.

    inputs: of each bag, (rows, inputs). columns: the numbers of the inputs that each column makes, for each bag.
    outputs: from such inputs to the final outputs of the model. truth: true targets, (rows, columns).
    """

    inputs: Sequence[Array]
    columns: Sequence[Mapping[str, Index]]
    outputs: Outputs
    truth: Floats


def permutation_importance(
    target: TargetEncoder, parts: Sequence[ShuffledRows], *, row_flops: float, max_flops: float
) -> dict[str, Any] | None:
    """Return the importance of each column (Breiman, 2001, section 10), as JSON values, the most important first.

    The importance is the mean increase of the loss over several shuffles of all inputs that the column makes, in all
    time steps of a window: of the log loss for classes, and of 1 - R² for numbers, so the fall of R². Several targets
    count the same. `stddev` is that of single shuffles.

    Args:
        target: the encoder of the model.
        parts: rows that the networks which answer for them did not see.
        row_flops: operations of one answer.
        max_flops: operations that all shuffles may take. There are fewer rows and shuffles if necessary.

    Returns:
        None if even MIN_ROWS rows and MIN_REPEATS shuffles exceed `max_flops`, or the loss of the target is undefined.
    """
    names = list(dict.fromkeys(name for part in parts for columns in part.columns for name in columns))
    available = sum(len(part.truth) for part in parts)
    rows, repeats = _effort(available, len(names) * row_flops, max_flops)
    sampled = [_sample(part, rows / available) for part in parts] if rows else []
    truth = np.concatenate([part.truth for part in sampled]) if sampled else np.empty((0, 1))
    if len(truth) < 2 or any(_is_constant(truth[:, place]) for place in _numbers(target)):
        return None
    before = _loss(target, truth, np.concatenate([part.outputs(part.inputs) for part in sampled]))
    rng, columns = np.random.default_rng(SEED), list[dict[str, Any]]()
    orders = [np.stack([rng.permutation(len(part.truth)) for _ in range(repeats)]) for part in sampled]
    for name in names:
        shuffled = [_shuffled_outputs(part, name, order) for part, order in zip(sampled, orders, strict=True)]
        losses = [_loss(target, truth, np.concatenate(each)) for each in zip(*shuffled, strict=True)]
        increase = np.array(losses) - before
        columns.append({"column": name, "importance": float(increase.mean()), "stddev": float(increase.std(ddof=1))})
    columns.sort(key=lambda column: -column["importance"])
    return {"metric": _metric(target), "rows": len(truth), "repeats": repeats, "columns": columns}


def _effort(available: int, flops_per_row: float, max_flops: float) -> tuple[int, int]:
    """Return how many rows to shuffle, and how often; no rows if even the least exceeds `max_flops`."""
    for repeats in range(REPEATS, MIN_REPEATS - 1, -1):
        rows = min(available, MAX_ROWS, int(max_flops / max(flops_per_row * (repeats + 1), 1)))
        if rows >= min(available, MIN_ROWS):
            return rows, repeats
    return 0, 0


def _sample(part: ShuffledRows, share: float) -> ShuffledRows:
    """Return a share of the rows, evenly spaced."""
    rows = len(part.truth)
    kept = np.linspace(0, rows - 1, max(round(share * rows), 1)).astype(np.int64)
    return replace(part, inputs=[x[kept] for x in part.inputs], truth=part.truth[kept])


def _numbers(target: TargetEncoder) -> list[int]:
    return [place for place, column in enumerate(target.columns) if column.task == "regression"]


def _is_constant(values: Floats) -> bool:
    return bool(values.min() == values.max())


def _metric(target: TargetEncoder) -> str:
    tasks = {column.task for column in target.columns}
    if target.is_survival:
        return "concordance"
    if len(tasks) > 1:
        return "log_loss_and_r2"
    return "r2" if "regression" in tasks else "log_loss"


def _loss(target: TargetEncoder, truth: Floats, outputs: Floats) -> float:
    """Return the mean over the columns of the log loss, or of the squared error divided by the variance."""
    losses = []
    for column, true, part in zip(
        target.columns, target.split_targets(truth), target.split_outputs(outputs), strict=True
    ):
        if column.task == "classification":
            losses.append(log_loss(true.astype(np.int64), class_probabilities(part)))
        elif column.loss == "cox":
            losses.append(1 - time_concordance(true, part[:, 0]))
        else:
            losses.append(float(np.mean((part[:, column.middle] - true) ** 2) / np.var(true)))
    return float(np.mean(losses))


def _shuffled_outputs(part: ShuffledRows, name: str, orders: Index) -> Floats:
    """Return the outputs (repeats, rows, *outputs) with the column shuffled in each of the orders (repeats, rows)."""
    widest = max(x.shape[1] for x in part.inputs)
    at_once = max(BLOCK_NUMBERS // (widest * orders.shape[1]), 1)
    blocks = [orders[start : start + at_once] for start in range(0, len(orders), at_once)]
    found = [part.outputs([_shuffled(x, columns.get(name), block) for x, columns in _bags(part)]) for block in blocks]
    whole = np.concatenate(found)
    return whole.reshape(orders.shape + whole.shape[1:])


def _bags(part: ShuffledRows) -> Sequence[tuple[Array, Mapping[str, Index]]]:
    return list(zip(part.inputs, part.columns, strict=True))


def _shuffled(x: Array, inputs: Index | None, orders: Index) -> Array:
    """Return the rows once per order, below each other, with the given inputs in that order."""
    repeated = np.tile(x, (len(orders), 1))
    if inputs is not None:
        repeated[:, inputs] = x[np.ix_(orders.reshape(-1), inputs)]
    return repeated
