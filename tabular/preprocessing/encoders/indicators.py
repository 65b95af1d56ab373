"""The input that says where a value is missing."""

from tabular.table import TableColumn


def has_indicator(column: TableColumn, *, requested: bool | None) -> bool:
    """Return whether missing values get an input of their own: as requested, or if training rows have some."""
    return bool(column.missing.any()) if requested is None else requested


class OneInput:
    """The inputs of an encoder that makes one number per value, and a second one if `indicator` is set."""

    __slots__ = ()
    indicator: bool

    @property
    def width(self) -> int:
        """The number of inputs."""
        return 1 + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        return [column, f"{column} is missing"][: self.width]
