"""The lease's heart: a thread that renews it while the worker computes, and hears what is asked of the job."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from redis.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from store import leases
from store.database import Sessions
from store.errors import LeaseLost
from store.leases import Lease
from store.queue import channel, redis_client
from store.settings import Settings
from store.transaction import transaction

log = logging.getLogger(__name__)


class Heart:
    """Beats while its ``with`` block runs. `requested` is read by the trainer between two batches."""

    def __init__(self, sessions: Sessions, lease: Lease, settings: Settings, requested: str | None = None) -> None:
        self.requested = requested
        self._sessions = sessions
        self._lease = lease
        self._settings = settings
        self._refused = False
        self._last_good = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def check(self) -> None:
        """Raise `LeaseLost` if the job is another's, or may be: the last good heartbeat is too long ago."""
        silent = time.monotonic() - self._last_good
        if self._refused or silent > self._settings.lease_seconds * 2 / 3:
            raise LeaseLost(f"no heartbeat of {self._lease.job_id} was accepted for {silent:.1f} s")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def good(self, requested: str | None) -> None:
        """Note that the lease was renewed just now, and what was asked of the job."""
        self._last_good, self.requested = time.monotonic(), requested

    def _run(self) -> None:
        ears = _Ears(self._settings.redis_url, self._lease.job_id)
        while not self._ended.is_set():
            ears.wait(self._settings.heartbeat_seconds, self._ended)
            if not self._ended.is_set():
                self._beat()
        ears.close()

    def _beat(self) -> None:
        try:
            with transaction(self._sessions, "heartbeat") as tx:
                requested = leases.renew(tx, self._lease, self._settings.lease_seconds)
            self.good(requested)
        except LeaseLost:
            self._refused = True
        except DBAPIError as error:
            log.warning("a heartbeat of %s did not reach the database: %s", self._lease.job_id, error)


class _Ears:
    """Waits for a wake-up of one job; without a broker, for the time to pass."""

    TURN_SECONDS = 0.25  # how long the end of the job may go unnoticed

    def __init__(self, redis_url: str, job_id: str) -> None:
        self._redis = redis_client(redis_url)
        self._channel = channel(job_id)
        self._pubsub: PubSub | None = None

    def wait(self, seconds: float, ended: threading.Event) -> None:
        """Return after `seconds`, at a wake-up, or soon after `ended` is set."""
        until = time.monotonic() + seconds
        while not ended.is_set() and time.monotonic() < until:
            if self._heard(ended):
                return

    def close(self) -> None:
        """Give the connection back."""
        self._redis.close()

    def _heard(self, ended: threading.Event) -> bool:
        try:
            if self._pubsub is None:
                self._pubsub = self._redis.pubsub()  # type: ignore[no-untyped-call]  # redis-py has no types here
                self._pubsub.subscribe(self._channel)
            message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=self.TURN_SECONDS)
        except (RedisError, OSError):
            self._pubsub = None
            ended.wait(self.TURN_SECONDS)
            return False
        return message is not None
