"""Errors that point to a place in a JSON document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

MAX_PROBLEMS = 100  # listed in one error


def json_pointer(path: Iterable[str | int]) -> str:
    """Return the RFC 6901 pointer for a path: `/a/0/b` for `("a", 0, "b")`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointedProblem:
    """A problem at one place in a JSON document. The place is an RFC 6901 pointer."""

    pointer: str
    detail: str

    @classmethod
    def at(cls, *path: str | int, detail: str) -> Self:
        """Return a problem at a path from the root of the document."""
        return cls(pointer=json_pointer(path), detail=detail)


class InvalidWeights(Exception):
    """The bytes are not a valid weights file. Pointers lead into its header."""

    def __init__(self, problems: Sequence[PointedProblem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(problem.detail for problem in self.problems[:3]))
