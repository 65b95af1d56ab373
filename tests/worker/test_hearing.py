"""When a worker takes itself for deaf."""

import pytest

from worker.hearing import Hearing


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
def hearing(clock: Clock) -> Hearing:
    return Hearing(slots=2, deaf_seconds=60, clock=clock)


def test_an_idle_worker_without_bells_is_deaf_when_a_job_has_waited_as_long(hearing: Hearing, clock: Clock) -> None:
    clock.now += 61
    assert hearing.is_deaf(busy=1, longest_wait=lambda: 61)


def test_silence_means_nothing_while_no_job_waits(hearing: Hearing, clock: Clock) -> None:
    clock.now += 3600
    assert not hearing.is_deaf(busy=0, longest_wait=lambda: 0)


def test_a_bell_ends_the_silence(hearing: Hearing, clock: Clock) -> None:
    clock.now += 59
    hearing.heard()
    clock.now += 59
    assert not hearing.is_deaf(busy=0, longest_wait=lambda: 3600)


def test_a_full_worker_is_not_rung_and_not_deaf_when_a_slot_becomes_free(hearing: Hearing, clock: Clock) -> None:
    clock.now += 3600
    assert not hearing.is_deaf(busy=2, longest_wait=lambda: 3600)
    clock.now += 5
    assert not hearing.is_deaf(busy=1, longest_wait=lambda: 3600)


def test_the_queue_is_looked_at_only_after_a_long_silence(hearing: Hearing) -> None:
    def look() -> float:
        raise AssertionError("looked")

    assert not hearing.is_deaf(busy=0, longest_wait=look)
