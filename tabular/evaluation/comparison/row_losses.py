"""The loss of each row, by which models are compared."""

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.column_target import ColumnTarget, class_codes, class_probabilities
from tabular.preprocessing.target import TargetEncoder
from tabular.table import Table, TableColumn

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

MIN_PROBABILITY = 1e-6  # so that one row whose true class got probability 0 does not decide alone


def row_losses(target: TargetEncoder, table: Table, outputs: Floats) -> Floats:
    """Return the loss of each row, (n,): the mean over the columns to predict.

    For classes, -ln(probability of the true class). For numbers the squared error; if there are several columns, as a
    share of the column's variance in these rows.

    Args:
        target: the encoder of the model.
        table: n rows that have every target.
        outputs: (n, *outputs) of the model for these rows.
    """
    parts = zip(target.columns, target.split_outputs(outputs), strict=True)
    losses = [_losses(column, table.columns[column.column], part, share=target.several) for column, part in parts]
    mean: Floats = np.mean(losses, axis=0)
    return mean


def _losses(target: ColumnTarget, column: TableColumn, outputs: Floats, *, share: bool) -> Floats:
    if target.task == "classification":
        return _log_losses(class_probabilities(outputs), class_numbers(target, column))
    true = column.values.astype(np.float64)
    squared: Floats = (true - outputs[:, target.middle]) ** 2
    variance = float(true.var())
    return squared / variance if share and variance > 0 else squared


def _log_losses(probabilities: Floats, numbers: Index) -> Floats:
    of_truth = np.where(numbers >= 0, probabilities[np.arange(len(numbers)), numbers], 0.0)
    losses: Floats = -np.log(np.maximum(of_truth, MIN_PROBABILITY))
    return losses


def class_numbers(target: ColumnTarget, column: TableColumn) -> Index:
    """Return the class number of each row, (n,); -1 for labels that are not among the classes."""
    codes, labels = class_codes(column)
    known = {label: number for number, label in enumerate(target.classes)}
    numbers: Index = np.array([known.get(label, -1) for label in labels], dtype=np.int64)[codes]
    return numbers
