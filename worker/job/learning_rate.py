"""The learning rate that a job's range test found: tested once, kept with the job, and gone by in every attempt."""

from typing import Any

from engine.training.learning_rate_finder import RangeTestResult
from tabular.planning.plan import Plan

DIGITS = 6  # significant ones, of what is kept


def is_wanted(plan: Plan, kept: dict[str, Any] | None) -> bool:
    """Whether a range test is asked for, and was not done by an earlier attempt."""
    return plan.training.range_test is not None and kept is None


def shown(found: RangeTestResult, loss_scale: float) -> dict[str, Any]:
    """What is kept of a test; the losses in the target's own units."""
    return {
        "rates": [_rounded(rate) for rate in found.rates],
        "losses": [_rounded(loss * loss_scale) for loss in found.losses],
        "steepest": found.steepest and _rounded(found.steepest),
        "suggested": found.suggested and _rounded(found.suggested),
    }


def warnings(plan: Plan, found: RangeTestResult) -> list[dict[str, Any]]:
    """What the owner should know of a test."""
    if found.suggested is not None:
        return []
    rate = plan.training.optimizer.learning_rate
    lowest = plan.training.range_test.lowest if plan.training.range_test else 0.0
    seen = f"at {len(found.losses)} rates from {lowest:g} up" if found.losses else f"not even at {lowest:g}"
    detail = f"The range test found no learning rate at which the loss falls, {seen}; {rate:g} is used, as asked for."
    fix = "Lower range_test.lowest, or look at the data: numbers that are very large keep a network from learning."
    return [{"code": "range_test_failed", "column": None, "detail": detail, "fix": fix}]


def rated(plan: Plan, kept: dict[str, Any] | None) -> Plan:
    """The plan with the learning rate that a test suggested, if it did."""
    rate = kept and kept["suggested"]
    if rate is None:
        return plan
    optimizer = plan.training.optimizer.model_copy(update={"learning_rate": rate})
    return plan.model_copy(update={"training": plan.training.model_copy(update={"optimizer": optimizer})})


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
