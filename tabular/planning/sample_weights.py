"""The column that says how much each row counts: whether it can, and its values."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tabular.planning.report import PlanningReport
from tabular.planning.tasks import closest
from tabular.profile import Column, Profile
from tabular.spec import FeatureSpec
from tabular.table import Table

POINTER = "/sample_weight"
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


def check_sample_weight(
    profile: Profile,
    name: str | None,
    targets: Collection[str],
    features: Sequence[FeatureSpec] | None,
    report: PlanningReport,
) -> tuple[str, ...]:
    """Return the names of columns that hold weights, of which there is one at most; note why it cannot hold them."""
    if name is None:
        return ()
    column = profile.column(name)
    if column is None:
        names = [column.name for column in profile.columns]
        report.reject(POINTER, f"The data set has no column {name!r}. {closest(name, names)}")
        return ()
    if name in targets:
        report.reject(POINTER, f"{name!r} is to be predicted; weights stand in a column of their own.")
    if any(feature.column == name for feature in features or ()):
        report.reject(POINTER, f"{name!r} is a feature, too; a row's weight is not known of rows to predict.")
    for problem in _problems(column):
        report.reject(POINTER, f"{name!r} {problem}")
    if column.min == 0:
        detail = f"Rows whose {name!r} is 0 are left out: they are neither learned from nor compared with."
        report.warn("rows_of_weight_0", detail, column=name)
    return (name,)


def _problems(column: Column) -> Iterator[str]:
    if column.type != "number":
        yield f"is a {column.type} column; weights are numbers from 0 up."
        return
    if column.missing:
        yield f"has no value in {column.missing:,} rows; upload it with one in each: 0 leaves a row out."
    if isinstance(column.min, (int, float)) and column.min < 0:
        yield f"goes down to {column.min:g}; a weight is 0 or more."
    if isinstance(column.max, (int, float)) and column.max <= 0:
        yield "is above 0 in no row, so that nothing would be learned."


def row_weights(table: Table, name: str, rows: Index) -> Floats:
    """Return how much each of `rows` counts, (rows,).

    Raises:
        ValueError: a row has no weight, or one that is none.
    """
    column = table.columns[name].take(rows)
    weights = column.values.astype(np.float64)
    if column.missing.any() or not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{name!r} does not hold a finite number from 0 up in every row")
    return weights
