"""Whether bells still reach this worker: an idle one that hears none while jobs wait is deaf, and begins anew."""

import time
from collections.abc import Callable


class BrokerWatchdog:
    """Of a worker with `slots` for jobs. Silence counts while a slot is free; full workers are not rung."""

    def __init__(
        self, slots: int, notification_timeout_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._slots = slots
        self._notification_timeout_seconds = notification_timeout_seconds
        self._clock = clock
        self._last = clock()

    def heard(self) -> None:
        """Note a bell."""
        self._last = self._clock()

    def is_disconnected(self, busy: int, longest_wait: Callable[[], float]) -> bool:
        """Whether no bell came for long, with `busy` slots taken, although a job waited for as long."""
        if busy >= self._slots:
            self.heard()
        silent = self._clock() - self._last
        return silent > self._notification_timeout_seconds and longest_wait() > self._notification_timeout_seconds
