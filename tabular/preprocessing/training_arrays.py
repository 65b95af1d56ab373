"""From a planned job and its table to the arrays that a network trains on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.planning.sample_weights import row_weights
from tabular.planning.split import split, validation_rows
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder, labelled_rows, strata
from tabular.table import Table

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Arrays and what was learned to make them; `*_rows` are row numbers in the table, (n,) int64, ascending.

    `*weights`: how much each row counts, (n,) float64 above 0; None if all count the same.
    """

    preprocessor: Preprocessor
    target: TargetEncoder
    training_rows: npt.NDArray[np.int64]
    validation_rows: npt.NDArray[np.int64]
    x: Array
    y: Array
    weights: Array | None
    validation_x: Array
    validation_y: Array
    validation_weights: Array | None


def columns_of(plan: Plan) -> list[str]:
    """Return the columns that `prepare` needs of the table."""
    weights = () if plan.sample_weight is None else (plan.sample_weight,)
    return [*(part.column for part in plan.parts), *(feature.column for feature in plan.features), *weights]


def prepare(
    table: Table, plan: Plan, *, preprocessor: Preprocessor | None = None, target: TargetEncoder | None = None
) -> Prepared:
    """Split the rows that have a target, learn preprocessing from the training rows, and transform both parts.

    A `preprocessor` or `target` that were learned before, with a model to go on from, are used as they are. Rows of
    weight 0 are left out, as if they were not in the table.
    """
    training, labelled = plan.training, _counting(table, plan, labelled_rows(table, plan.target))
    learned, held_back = split(
        strata(table, plan, labelled),
        training.validation.fraction,
        training.seed,
        stratify=isinstance(plan.target, str) and plan.task == "classification",
    )
    rows, validation = labelled[learned], labelled[held_back]
    preprocessor = preprocessor or Preprocessor.fit(table, plan, rows)
    target = target or TargetEncoder.fit(table, plan, rows)
    dtype = np.dtype(training.precision)
    return Prepared(
        preprocessor=preprocessor,
        target=target,
        training_rows=rows,
        validation_rows=validation,
        x=preprocessor.transform(table, rows, dtype=dtype),
        y=target.transform(table, rows, dtype=dtype),
        weights=_weights(table, plan, rows),
        validation_x=preprocessor.transform(table, validation, dtype=dtype),
        validation_y=target.transform(table, validation, dtype=dtype),
        validation_weights=_weights(table, plan, validation),
    )


def _weights(table: Table, plan: Plan, rows: npt.NDArray[np.int64]) -> Array | None:
    return None if plan.sample_weight is None else row_weights(table, plan.sample_weight, rows)


def _counting(table: Table, plan: Plan, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return those of `rows` that count for something.

    Raises:
        ValueError: too few do.
    """
    weights = _weights(table, plan, rows)
    if weights is None:
        return rows
    counting = rows[weights > 0]
    if len(counting) <= validation_rows(len(counting), plan.training.validation.fraction):
        raise ValueError(f"{plan.sample_weight!r} is above 0 in {len(counting)} rows that have a target: too few")
    return counting
