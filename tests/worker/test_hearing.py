"""When a worker takes itself for deaf."""

import pytest

from worker.broker_watchdog import BrokerWatchdog


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watchdog(clock: Clock) -> BrokerWatchdog:
    return BrokerWatchdog(slots=2, notification_timeout_seconds=60, clock=clock)


def test_an_idle_worker_without_bells_is_deaf_when_a_job_has_waited_as_long(
    watchdog: BrokerWatchdog, clock: Clock
) -> None:
    clock.now += 61
    assert watchdog.is_disconnected(busy=1, longest_wait=lambda: 61)


def test_silence_means_nothing_while_no_job_waits(watchdog: BrokerWatchdog, clock: Clock) -> None:
    clock.now += 3600
    assert not watchdog.is_disconnected(busy=0, longest_wait=lambda: 0)


def test_a_bell_ends_the_silence(watchdog: BrokerWatchdog, clock: Clock) -> None:
    clock.now += 59
    watchdog.heard()
    clock.now += 59
    assert not watchdog.is_disconnected(busy=0, longest_wait=lambda: 3600)


def test_a_full_worker_is_not_rung_and_not_deaf_when_a_slot_becomes_free(
    watchdog: BrokerWatchdog, clock: Clock
) -> None:
    clock.now += 3600
    assert not watchdog.is_disconnected(busy=2, longest_wait=lambda: 3600)
    clock.now += 5
    assert not watchdog.is_disconnected(busy=1, longest_wait=lambda: 3600)


def test_the_queue_is_looked_at_only_after_a_long_silence(watchdog: BrokerWatchdog) -> None:
    def look() -> float:
        raise AssertionError("looked")

    assert not watchdog.is_disconnected(busy=0, longest_wait=look)
