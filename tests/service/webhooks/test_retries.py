"""Ten attempts over three days, spread at random."""

import random

from service.webhooks.retries import DELAYS_SECONDS, retry_seconds

DAY = 86_400


def test_the_retries_take_three_days_and_then_end() -> None:
    delays = [retry_seconds(attempt, random.Random(0)) for attempt in range(1, 11)]
    assert delays[-1] is None
    assert 3 * DAY < sum(delay for delay in delays if delay) < 4 * DAY


def test_jitter_only_adds_and_a_target_can_ask_for_more_time() -> None:
    delays = {retry_seconds(2, random.Random(seed)) for seed in range(20)}
    assert len(delays) == 20
    assert all(DELAYS_SECONDS[1] <= delay <= 1.2 * DELAYS_SECONDS[1] for delay in delays if delay)
    assert retry_seconds(1, random.Random(0), requested=90) == 90
    assert retry_seconds(1, random.Random(0), requested=10 * DAY) == DAY
