"""What planning reports about a request: problems, which reject the job, and warnings, which do not."""

from dataclasses import dataclass, field
from typing import TypeVar

from engine.errors import PointedProblem
from tabular.errors import InvalidPlan
from tabular.profile import DataWarning

T = TypeVar("T")


@dataclass(slots=True)
class PlanningReport:
    """Collects everything while planning, so that the sender sees all of it at once.

    `upload_warnings`: what reading the data set's file noticed.
    """

    upload_warnings: tuple[DataWarning, ...] = ()
    problems: list[PointedProblem] = field(default_factory=list)
    warnings: list[DataWarning] = field(default_factory=list)
    _listed: set[PointedProblem] = field(default_factory=set)

    def reject(self, pointer: str, detail: str) -> None:
        """Add a problem with the request at a JSON pointer, unless it is already listed."""
        problem = PointedProblem(pointer=pointer, detail=detail)
        if problem not in self._listed:
            self._listed.add(problem)
            self.problems.append(problem)

    def warn(
        self, code: str, detail: str, *, column: str | None = None, fix: str | None = None, row: int | None = None
    ) -> None:
        """Add something that the sender should know."""
        self.warnings.append(DataWarning(code=code, detail=detail, column=column, fix=fix, row=row))

    def outlier_row(self, column: str) -> int | None:
        """Return the row of the outlier that reading the file found in a column, if it found one."""
        found = (each.row for each in self.upload_warnings if each.code == "outlier" and each.column == column)
        return next(found, None)

    def require(self, planned: T | None) -> T:
        """Return what was planned; for None raise InvalidPlan with the problems that prevented it."""
        if planned is None:
            raise InvalidPlan(self.problems)
        return planned

    def raise_problems(self) -> None:
        """Raise InvalidPlan with all problems, if there are any."""
        if self.problems:
            raise InvalidPlan(self.problems)
