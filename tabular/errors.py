"""Errors about files, plans and rows. Each lists all its problems.

DataError
├── InvalidDataset      the file cannot be read as a table
│   ├── OverLimit       it is larger than a limit
│   └── IngestTimeout   reading it took too long
├── InvalidPlan         a target, feature or setting does not fit the table
└── InvalidRows         rows to predict do not fit the model
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import PointedProblem

MAX_PROBLEMS = 100  # listed in one answer


class DataError(Exception):
    """The data, or a request about it, is invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of a file: what is wrong, where, and how to fix it.

    line: 1-based line of the file, as an editor shows it.
    """

    detail: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    fix: str | None = None


class InvalidDataset(DataError):
    """The file cannot be read as a table."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(problem.detail for problem in self.problems[:3]))


class OverLimit(InvalidDataset):
    """The file exceeds a limit. `limit` names it, `value` is the size of the file."""

    def __init__(self, limit: str, allowed: int, value: int) -> None:
        self.limit, self.allowed, self.value = limit, allowed, value
        detail = f"The file has {value:,} {limit}; at most {allowed:,} are allowed."
        super().__init__([Problem(detail=detail, value=str(value), fix=f"Send a file with fewer {limit}.")])


class IngestTimeout(InvalidDataset):
    """Reading the file took too long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        detail = f"Reading the file took longer than the limit of {seconds:g} seconds."
        super().__init__([Problem(detail=detail, fix="Send fewer rows or columns.")])


class InvalidPlan(DataError):
    """The target, a feature or a setting does not fit the table."""

    def __init__(self, problems: Sequence[PointedProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in self.problems[:3]))


class InvalidRows(DataError):
    """Rows sent for prediction do not fit the columns of the model."""

    def __init__(self, problems: Sequence[PointedProblem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in self.problems[:3]))
