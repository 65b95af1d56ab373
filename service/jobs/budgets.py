"""The budget of a job: how much processor time or money it may use before it stops with its best model."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.errors import PointedProblem
from engine.spec.base import validation_error
from service.jobs.prices import Price

LEAST_SECONDS = 0.05  # of processor time, for the smallest table and network
MAX_CPU_SECONDS = 10_000_000.0  # about four months of one core


class BudgetSpec(BaseModel):
    """What a job may use at most, all attempts and its evaluation included. It stops with its best model before."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cpu_seconds: float | None = Field(
        default=None, gt=0, le=MAX_CPU_SECONDS, description="Seconds of one processor core.", examples=[600]
    )
    cost: float | None = Field(
        default=None, gt=0, description="An amount in the currency of the service, if its operator set a price."
    )

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        """Reject a budget without a limit."""
        if self.cpu_seconds is None and self.cost is None:
            raise validation_error(self, {(): "The budget has no limit. Set `cpu_seconds` or `cost`."})
        return self


def cpu_limit(spec: Mapping[str, Any], estimate: Mapping[str, Any]) -> float | None:
    """Return how many seconds of processor time a job may use; None: no budget."""
    budget, price = spec.get("budget"), Price.of_estimate(estimate)
    if not budget:
        return None
    limits = [budget["cpu_seconds"]] if budget["cpu_seconds"] is not None else []
    if budget["cost"] is not None and price is not None:
        limits.append(price.cpu_seconds(budget["cost"]))
    return min(limits, default=None)


def budget_problems(budget: BudgetSpec | None, price: Price | None) -> Sequence[PointedProblem]:
    """Return what is wrong with a budget.

    Args:
        budget: the requested budget.
        price: of processor time; None if the operator set none.
    """
    problems = list[PointedProblem]()
    if budget is None:
        return problems
    if budget.cpu_seconds is not None and budget.cpu_seconds < LEAST_SECONDS:
        detail = _too_small(f"{budget.cpu_seconds:g} s", f"{LEAST_SECONDS:g} s")
        problems.append(PointedProblem(pointer="/budget/cpu_seconds", detail=detail))
    if budget.cost is not None and price is None:
        detail = "This service has no price, so a cost cannot be limited. Use `cpu_seconds`."
        problems.append(PointedProblem(pointer="/budget/cost", detail=detail))
    if budget.cost is not None and price is not None and budget.cost < price.amount(LEAST_SECONDS):
        least = _up(price.amount(LEAST_SECONDS))
        detail = _too_small(f"{budget.cost:g} {price.currency}", f"{least:g} {price.currency}")
        problems.append(PointedProblem(pointer="/budget/cost", detail=detail))
    return problems


def _too_small(given: str, needed: str) -> str:
    return (
        f"A budget of {given} is too small for any job: reading a table and evaluating a network alone take about "
        f"{needed}. Set at least {needed}; `estimate` says what this job needs."
    )


def _up(value: float) -> float:
    """Return a little more, with two significant digits, so that the number in the message is accepted."""
    return float(f"{value * 1.06:.2g}")
