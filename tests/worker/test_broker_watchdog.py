"""Tests for worker/broker_watchdog.py."""

import pytest

from worker.broker_watchdog import BrokerWatchdog

TIMEOUT = 60


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watchdog(clock: Clock) -> BrokerWatchdog:
    return BrokerWatchdog(slots=2, notification_timeout_seconds=TIMEOUT, clock=clock)


def test_idle_worker_is_disconnected_when_a_job_waited_as_long(watchdog: BrokerWatchdog, clock: Clock) -> None:
    clock.now += TIMEOUT + 1
    assert watchdog.is_disconnected(busy_slots=1, longest_wait=lambda: TIMEOUT + 1)


def test_worker_is_not_disconnected_while_no_job_waits(watchdog: BrokerWatchdog, clock: Clock) -> None:
    clock.now += 3600
    assert not watchdog.is_disconnected(busy_slots=0, longest_wait=lambda: 0)


def test_a_notification_restarts_the_timeout(watchdog: BrokerWatchdog, clock: Clock) -> None:
    clock.now += TIMEOUT - 1
    watchdog.notification_received()
    clock.now += TIMEOUT - 1
    assert not watchdog.is_disconnected(busy_slots=0, longest_wait=lambda: 3600)


def test_the_timeout_starts_when_a_slot_becomes_free(watchdog: BrokerWatchdog, clock: Clock) -> None:
    clock.now += 3600
    assert not watchdog.is_disconnected(busy_slots=2, longest_wait=lambda: 3600)
    clock.now += 5
    assert not watchdog.is_disconnected(busy_slots=1, longest_wait=lambda: 3600)


def test_the_queue_is_queried_only_after_the_timeout(watchdog: BrokerWatchdog) -> None:
    def query() -> float:
        raise AssertionError("queried")

    assert not watchdog.is_disconnected(busy_slots=0, longest_wait=query)
