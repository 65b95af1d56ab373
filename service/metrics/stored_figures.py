"""Figures from the database. Frequent scrapes share them, and slow counts are made in the background."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from service.settings import Settings
from store.db.database import Sessions
from store.db.transaction import snapshot
from store.jobs import figures, queue_position, workers
from store.webhooks import deliveries

FRESH_SECONDS = 5.0  # figures that indexes answer at once
OTHERS_SECONDS = 60.0  # counts of jobs that are neither queued nor running
FIRST_WAIT_SECONDS = 0.5  # for the first of those counts
MAX_PENDING = 10_001  # deliveries that are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the database knew a few seconds ago."""

    database_up: bool = False
    jobs: dict[str, int] = field(default_factory=dict)  # by state
    oldest_queued_seconds: float = 0.0
    workers: int = 0
    slots: int = 0
    pending_deliveries: int = 0


class StoredFigures:
    """The figures, as fresh as they have to be."""

    def __init__(self, sessions: Sessions, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = sessions
        self._live_seconds = workers.LIVE_HEARTBEATS * settings.heartbeat_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._figures = Figures()
        self._others: dict[str, int] = {}
        self._fresh_until = self._others_until = -1.0

    def read(self) -> Figures:
        """Return the figures."""
        with self._lock:
            now = self._clock()
            if now >= self._others_until:
                is_first = self._others_until < 0
                self._others_until = now + OTHERS_SECONDS
                thread = threading.Thread(target=self._count_others, name="metrics", daemon=True)
                thread.start()
                thread.join(FIRST_WAIT_SECONDS if is_first else 0)
            if now >= self._fresh_until:
                self._figures, self._fresh_until = self._query(), now + FRESH_SECONDS
            return self._figures

    def _query(self) -> Figures:
        try:
            with snapshot(self._sessions) as tx:
                return Figures(
                    database_up=True,
                    jobs={"queued": figures.count_queued(tx), "running": figures.count_running(tx), **self._others},
                    oldest_queued_seconds=queue_position.longest_wait_seconds(tx),
                    workers=workers.count_live(tx, self._live_seconds),
                    slots=workers.slots(tx, self._live_seconds),
                    pending_deliveries=deliveries.count_pending(tx, MAX_PENDING),
                )
        except SQLAlchemyError:
            return Figures()

    def _count_others(self) -> None:
        try:
            with snapshot(self._sessions) as tx:
                counted = figures.count_others(tx)
        except SQLAlchemyError:
            return
        self._others = dict.fromkeys(("paused", "succeeded", "failed", "canceled"), 0) | counted
