"""Rows of another data set that evaluate a network: read with the types of the job's table, and described."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.table import Table, TableColumn

Index = npt.NDArray[np.int64]


def read_alike(other: Table, table: Table) -> Table:
    """Return the other table with columns of the same kinds as in `table`; a column without values fits every kind.

    Raises:
        ValueError: a column holds labels in one table, and numbers or times in the other.
    """
    columns = {name: _of_kind(name, column, table.columns[name]) for name, column in other.columns.items()}
    return Table(rows=other.rows, columns=columns)


def _of_kind(name: str, column: TableColumn, wanted: TableColumn) -> TableColumn:
    try:
        return column.as_kind(wanted.kind)
    except ValueError as error:
        detail = f"{name!r} is a {wanted.kind} column in the training data, but a {column.kind} column"
        raise ValueError(f"{detail} in the validation data") from error


def describe_other_rows(plan: Plan, rows: Index) -> dict[str, Any]:
    """Return where the rows are from and how many there are, as JSON values."""
    return {"dataset_id": plan.training.validation.dataset_id, "rows": len(rows)}
