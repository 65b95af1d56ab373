"""What processor time costs: the operator's price, and amounts of money by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from service.settings import Settings

HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of an hour of one processor core."""

    per_cpu_hour: float
    currency: str

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return the operator's price; None if there is none."""
        if not settings.price_per_cpu_hour:
            return None
        return cls(per_cpu_hour=settings.price_per_cpu_hour, currency=settings.currency)

    @classmethod
    def of_estimate(cls, estimate: Mapping[str, Any]) -> Self | None:
        """Return the price of a job, which is that of its estimate: later prices apply to later jobs."""
        cost = estimate.get("cost")
        return cls(per_cpu_hour=cost["price_per_cpu_hour"], currency=cost["currency"]) if cost else None

    def amount(self, cpu_seconds: float) -> float:
        """Return what processor time costs, with six significant digits."""
        return float(f"{cpu_seconds / HOUR_SECONDS * self.per_cpu_hour:.6g}")

    def cpu_seconds(self, amount: float) -> float:
        """Return how much processor time an amount of money buys."""
        return amount / self.per_cpu_hour * HOUR_SECONDS


def estimated_cost(price: Price | None, seconds: Mapping[str, float] | None) -> dict[str, Any] | None:
    """Return the cost of a job as its estimate shows it, from its processor time with its interval.

    The amounts are None while the duration is not known. The price is there in any case: the job keeps it.
    """
    if price is None:
        return None
    amounts = {"amount": "seconds", "low": "low", "high": "high"}
    return {
        **{name: price.amount(seconds[of]) if seconds else None for name, of in amounts.items()},
        "currency": price.currency,
        "price_per_cpu_hour": price.per_cpu_hour,
    }
