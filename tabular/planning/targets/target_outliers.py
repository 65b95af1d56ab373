"""Warn about single numbers to predict that would make all others nearly equal for the network."""

from tabular.outliers import harmful_outlier
from tabular.planning.report import PlanningReport
from tabular.planning.targets.losses import LossPlan
from tabular.planning.targets.targets import Targets

ROBUST_LOSSES = ("mean_absolute_error", "huber", "quantile")  # whose targets are scaled by their quartiles then


def warn_of_target_outliers(targets: Targets, losses: LossPlan, report: PlanningReport) -> None:
    """Say which cell is far from the others, what the loss makes of it, and which loss would be better."""
    for target, loss in zip(targets.columns, losses.each, strict=True):
        outlier = harmful_outlier(target.column) if target.task == "regression" else None
        if outlier is None or loss.type == "cox":
            continue
        row, name = report.outlier_row(target.column.name), target.column.name
        detail = outlier.describe(name, row)
        fix = "If the value is wrong, correct it, or leave it empty: rows without a target are left out."
        if loss.type in ROBUST_LOSSES:
            detail += f" The target is scaled by its median and quartiles, and {loss.type} limits how much it counts."
        else:
            detail += f" With {loss.type}, the network learns little but this value, and scores are about it alone."
            fix += ' If it is right, send "training": {"loss": "mean_absolute_error"}.'
        report.warn("target_outlier", detail, column=name, fix=fix, row=row)
