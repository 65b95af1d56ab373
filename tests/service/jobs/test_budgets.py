"""Budgets and prices: which budgets are rejected, and how much processor time money buys."""

import pytest

from service.jobs.budgets import BudgetSpec, budget_problems, cpu_limit
from service.jobs.prices import Price, estimated_cost

PRICE = Price(per_cpu_hour=3.6, currency="EUR")
SECONDS = {"seconds": 10.0, "low": 5.0, "high": 20.0}


def test_a_budget_too_small_for_any_job_is_rejected_with_the_least_that_is_accepted() -> None:
    (problem,) = budget_problems(BudgetSpec(cpu_seconds=0.01), None)
    assert problem.pointer == "/budget/cpu_seconds"
    assert "Set at least 0.05 s;" in problem.detail
    assert not budget_problems(BudgetSpec(cpu_seconds=0.05), None)
    (problem,) = budget_problems(BudgetSpec(cost=0.00001), PRICE)
    assert (problem.pointer, "5.3e-05 EUR" in problem.detail) == ("/budget/cost", True)


def test_a_cost_cannot_be_limited_without_a_price() -> None:
    (problem,) = budget_problems(BudgetSpec(cost=1.0), None)
    assert problem.pointer == "/budget/cost"
    assert "cpu_seconds" in problem.detail


@pytest.mark.parametrize(
    ("budget", "limit"),
    [({"cpu_seconds": 60.0, "cost": None}, 60.0), ({"cpu_seconds": 60.0, "cost": 0.03}, 30.0), (None, None)],
)
def test_the_smaller_limit_holds(budget: dict[str, float | None] | None, limit: float | None) -> None:
    for seconds in (SECONDS, None):  # None: the duration is not known before the first jobs have ended
        estimate = {"cost": estimated_cost(PRICE, seconds)}
        assert cpu_limit({"budget": budget}, estimate) == (limit if limit is None else pytest.approx(limit))


def test_costs_follow_the_price() -> None:
    cost = estimated_cost(PRICE, SECONDS)
    assert cost == {"amount": 0.01, "low": 0.005, "high": 0.02, "currency": "EUR", "price_per_cpu_hour": 3.6}
    assert estimated_cost(None, SECONDS) is None
