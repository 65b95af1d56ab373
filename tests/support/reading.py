"""What the fixtures `read` and `problems` return."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tabular.errors import Problem
from tabular.profile import Column, Profile
from tabular.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The profile and the table of a file."""

    profile: Profile
    table: Table

    def column(self, name: str) -> Column:
        """Return a column of the profile."""
        found = self.profile.column(name)
        assert found is not None
        return found

    def cells(self, name: str) -> list[Any]:
        """Return the values of a column: labels as text, None where missing."""
        column = self.table.columns[name]
        values = [column.labels[code] for code in column.values] if column.labels else column.values.tolist()
        return [None if absent else value for value, absent in zip(values, column.missing, strict=True)]

    def codes(self) -> list[str]:
        """Return the codes of all warnings."""
        return [warning.code for warning in self.profile.warnings]


Reader = Callable[..., Read]
Refuser = Callable[..., list[Problem]]
