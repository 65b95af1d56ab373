"""The result of a job's range test: stored with the job and used by every attempt."""

from typing import Any

from engine.training.learning_rate_finder import RangeTestResult
from tabular.planning.plan import Plan

SIGNIFICANT_DIGITS = 6  # of stored numbers


def is_wanted(plan: Plan, stored: dict[str, Any] | None) -> bool:
    """Whether the job requests a range test that no earlier attempt has finished."""
    return plan.training.range_test is not None and stored is None


def to_json(result: RangeTestResult, loss_scale: float) -> dict[str, Any]:
    """Return what is stored of a test, with losses in the target's own units."""
    return {
        "rates": [_round(rate) for rate in result.rates],
        "losses": [_round(loss * loss_scale) for loss in result.losses],
        "steepest": result.steepest and _round(result.steepest),
        "suggested": result.suggested and _round(result.suggested),
    }


def warnings(plan: Plan, result: RangeTestResult) -> list[dict[str, Any]]:
    """Return a warning if the test found no learning rate."""
    if result.suggested is not None:
        return []
    rate = plan.training.optimizer.learning_rate
    lowest = plan.training.range_test.lowest if plan.training.range_test else 0.0
    tried = f"at {len(result.losses)} rates from {lowest:g} up" if result.losses else f"not even at {lowest:g}"
    no_rate = "no learning rate that lowers the loss by more than its noise"
    detail = f"The range test found {no_rate}, {tried}; {rate:g} is used as requested."
    fix = "Use a larger batch_size, lower range_test.lowest, or check the data for very large numbers."
    return [{"code": "range_test_failed", "column": None, "detail": detail, "fix": fix}]


def with_range_test(plan: Plan, stored: dict[str, Any] | None) -> Plan:
    """Return the plan with the learning rate that the stored test suggests, if it does.

    Further bags get it, too, if they have the optimizer of the first bag, with which the test ran.
    """
    rate = stored and stored["suggested"]
    if rate is None:
        return plan
    tested = plan.training.optimizer
    optimizer = tested.model_copy(update={"learning_rate": rate})
    changes: dict[str, Any] = {"training": plan.training.model_copy(update={"optimizer": optimizer})}
    if plan.ensemble:
        new = {"optimizer": optimizer}
        blend = (bag.model_copy(update=new if bag.optimizer == tested else {}) for bag in plan.ensemble.blend)
        changes["ensemble"] = plan.ensemble.model_copy(update={"blend": tuple(blend)})
    return plan.model_copy(update=changes)


def _round(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
