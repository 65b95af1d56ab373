"""Errors that name a place in a JSON document."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_PROBLEMS = 100  # listed in one error


@dataclass(frozen=True, slots=True, kw_only=True)
class PointedProblem:
    """A problem at one place of a JSON document, named by an RFC 6901 pointer."""

    pointer: str
    detail: str


class InvalidWeights(Exception):
    """The bytes are not a valid weights file. Pointers lead into its header."""

    def __init__(self, problems: Sequence[PointedProblem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(problem.detail for problem in self.problems[:3]))
