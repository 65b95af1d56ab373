"""What can be wrong with a file, a plan or a row, told all at once.

DataError
├── InvalidDataset      a file cannot be read as a table
│   ├── OverLimit       it is larger than a limit
│   └── IngestTimeout   reading it took too long
├── InvalidPlan         a target, feature or setting does not fit the table
└── InvalidRows         rows to predict do not fit the model
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import PointedProblem

MAX_PROBLEMS = 100  # listed in one answer; more help nobody


class DataError(Exception):
    """The data or what was asked of it cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a file: where it is, what it says and what to do.

    `line` is the 1-based physical line of the file as an editor shows it.
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
    """The file is larger than a limit allows; `limit` names it, `value` is what the file has."""

    def __init__(self, limit: str, allowed: int, value: int) -> None:
        self.limit, self.allowed, self.value = limit, allowed, value
        detail = f"The file has {value:,} {limit}; at most {allowed:,} are allowed."
        super().__init__([Problem(detail=detail, value=str(value), fix=f"Send a file with fewer {limit}.")])


class IngestTimeout(InvalidDataset):
    """Reading the file took longer than is allowed."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        detail = f"Reading the file took longer than {seconds:g} seconds."
        super().__init__([Problem(detail=detail, fix="Send fewer rows or columns.")])


class InvalidPlan(DataError):
    """The target, a feature or a setting does not fit the table."""

    def __init__(self, problems: Sequence[PointedProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in self.problems[:3]))


class InvalidRows(DataError):
    """Rows to predict do not fit the columns the model was trained on."""

    def __init__(self, problems: Sequence[PointedProblem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in self.problems[:3]))
