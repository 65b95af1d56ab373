"""How the values of a column are written: stored with data sets and models, applied to prediction rows."""

from dataclasses import dataclass

from tabular.profile import ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class InputColumn:
    """A column that prediction rows may have. `labels`: the values of a category or boolean, if known."""

    name: str
    type: ColumnType
    labels: tuple[str, ...] = ()
