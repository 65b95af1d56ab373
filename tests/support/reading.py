"""What the fixture `read` gives, and the types of the fixtures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tabular.errors import Problem
from tabular.profile import Column, Profile
from tabular.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What reading a file gave."""

    profile: Profile
    table: Table

    def column(self, name: str) -> Column:
        """Return a column of the profile."""
        found = self.profile.column(name)
        assert found is not None
        return found

    def cells(self, name: str) -> list[Any]:
        """Return values of a column, None where missing, labels as text."""
        column = self.table.columns[name]
        values = [column.labels[code] for code in column.values] if column.labels else column.values.tolist()
        return [None if absent else value for value, absent in zip(values, column.missing, strict=True)]

    def codes(self) -> list[str]:
        """Return the codes of all warnings."""
        return [warning.code for warning in self.profile.warnings]


Reader = Callable[..., Read]
Refuser = Callable[..., list[Problem]]
