"""When a failed delivery is tried again: ten attempts over a little more than three days."""

import random

MINUTE, HOUR = 60.0, 3_600.0
DELAYS_SECONDS = (5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
JITTER = 0.2  # of the delay, added at random, so that retries after an outage spread out
MAX_REQUESTED_SECONDS = 24 * HOUR  # of a `Retry-After`


def retry_seconds(attempt: int, random: random.Random, requested: float | None = None) -> float | None:
    """Return the seconds until the next attempt, after the `attempt`-th failed; None after the last one.

    A target may have `requested` a longer wait by `Retry-After`.
    """
    if attempt > len(DELAYS_SECONDS):
        return None
    delay = DELAYS_SECONDS[attempt - 1] * (1 + JITTER * random.random())
    return max(delay, min(requested or 0.0, MAX_REQUESTED_SECONDS))
