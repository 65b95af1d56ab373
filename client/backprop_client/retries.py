"""When to send a request again, and after which time."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from backprop_client.errors import ApiError, BackpropError, ServiceUnreachableError

TEMPORARY = frozenset({429, 502, 503, 504})
TEMPORARY_CONFLICTS = (
    frozenset(  # the second and third: the service has other bytes of an upload than the client believes
        {"idempotency_in_progress", "upload_interrupted", "upload_offset_mismatch"}
    )
)
MAX_RETRIES = 4  # about six seconds
OUTAGE_SECONDS = 120.0  # a restart of the service and of its database
FIRST_DELAY_SECONDS = 0.5
MAX_DELAY_SECONDS = 8.0  # a service that is restarted is found again within this time
MAX_RETRY_AFTER_SECONDS = 60.0  # a quota that is free again in an hour is an error now


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a request is repeated, and how long an operation with many requests survives an outage."""

    max_retries: int = MAX_RETRIES
    outage_seconds: float = OUTAGE_SECONDS


class Attempts:
    """Count the failures of one operation, and decide after each whether to go on."""

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        long: bool = False,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._policy = policy
        self._long = long
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, protects nothing
        self._failures = 0
        self._failing_since = 0.0

    @property
    def repeated(self) -> bool:
        """Whether the present attempt is not the first."""
        return self._failures > 0

    def succeeded(self) -> None:
        """Forget the failures: the operation makes progress."""
        self._failures = 0

    def delay_after(self, error: BackpropError) -> float:
        """Return the seconds until the next attempt. Raises the error if there is none."""
        if self._failures == 0:
            self._failing_since = self._clock()
        if not is_temporary(error) or self._is_used_up():
            raise error
        delay = self._delay(error)
        self._failures += 1
        return delay

    def _is_used_up(self) -> bool:
        if self._long:
            return self._clock() - self._failing_since >= self._policy.outage_seconds
        return self._failures >= self._policy.max_retries

    def _delay(self, error: BackpropError) -> float:
        """Return half the delay plus a random part of the other half, so that clients do not come back together."""
        full = min(FIRST_DELAY_SECONDS * 2.0**self._failures, MAX_DELAY_SECONDS)
        jittered = full * (1 + self._rng.random()) / 2
        asked = error.retry_after if isinstance(error, ApiError) else None
        if asked is None:
            return jittered
        if asked > MAX_RETRY_AFTER_SECONDS:
            raise error
        return max(asked, jittered)


def is_temporary(error: BackpropError) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, ApiError):
        return error.status in TEMPORARY or error.code in TEMPORARY_CONFLICTS
    return isinstance(error, ServiceUnreachableError)
