"""From a planned job and its table to the arrays that a network trains on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.plan import Plan
from tabular.preprocess import Preprocessor
from tabular.split import split
from tabular.table import Table
from tabular.target import TargetEncoder, labelled_rows, strata

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Arrays and what was learned to make them; `*_rows` are row numbers in the table, (n,) int64, ascending."""

    preprocessor: Preprocessor
    target: TargetEncoder
    training_rows: npt.NDArray[np.int64]
    validation_rows: npt.NDArray[np.int64]
    x: Array
    y: Array
    validation_x: Array
    validation_y: Array


def columns_of(plan: Plan) -> list[str]:
    """Return the columns that `prepare` needs of the table."""
    return [*(part.column for part in plan.parts), *(feature.column for feature in plan.features)]


def prepare(
    table: Table, plan: Plan, *, preprocessor: Preprocessor | None = None, target: TargetEncoder | None = None
) -> Prepared:
    """Split the rows that have a target, learn preprocessing from the training rows, and transform both parts.

    A `preprocessor` or `target` that were learned before, with a model to go on from, are used as they are.
    """
    training, labelled = plan.training, labelled_rows(table, plan.target)
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
        validation_x=preprocessor.transform(table, validation, dtype=dtype),
        validation_y=target.transform(table, validation, dtype=dtype),
    )
