"""The input that says where a value is missing."""

from tabular.table import TableColumn


def has_indicator(column: TableColumn, *, requested: bool | None) -> bool:
    """Return whether missing values get an input of their own: as requested, or if training rows have some."""
    return bool(column.missing.any()) if requested is None else requested
