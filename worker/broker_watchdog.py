"""Detect that a worker no longer receives notifications, for example after its connection went half open."""

import time
from collections.abc import Callable


class BrokerWatchdog:
    """Watches a worker with `slots` slots. Only time with a free slot counts: full workers get no notifications."""

    def __init__(
        self, slots: int, notification_timeout_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._slots = slots
        self._timeout_seconds = notification_timeout_seconds
        self._clock = clock
        self._received_at = clock()

    def notification_received(self) -> None:
        """Restart the timeout."""
        self._received_at = self._clock()

    def is_disconnected(self, busy_slots: int, longest_wait: Callable[[], float]) -> bool:
        """Whether no notification came within the timeout, although a job has been queued for as long."""
        if busy_slots >= self._slots:
            self.notification_received()
        silent_seconds = self._clock() - self._received_at
        return silent_seconds > self._timeout_seconds and longest_wait() > self._timeout_seconds
