"""The heart of a worker process: a thread that renews the lease of the job in hand, and hears what is asked of it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from store import leases
from store.database import Sessions
from store.errors import LeaseLost
from store.leases import Lease
from store.queue import ASKED, channel, redis_client
from store.settings import Settings
from store.transaction import transaction

log = logging.getLogger(__name__)

TURN_SECONDS = 0.25  # how long the end of the process may go unnoticed
SILENT_SHARE = 2 / 3  # of the lease: without a good heartbeat for so long, the job may be another's


class Grip:
    """The hold on one job. `requested` is what its owner asked for, as far as this process has heard."""

    def __init__(self, lease: Lease, lease_seconds: float, requested: str | None) -> None:
        self.lease = lease
        self.requested = requested
        self._most_silent = lease_seconds * SILENT_SHARE
        self._refused = False
        self._last_good = time.monotonic()

    def good(self, requested: str | None) -> None:
        """Note that the lease was renewed just now, and what was asked of the job."""
        self._last_good, self.requested = time.monotonic(), requested

    def refuse(self) -> None:
        """Note that the job is another's."""
        self._refused = True

    def check(self) -> None:
        """Raise `LeaseLost` if the job is another's, or may be: the last good heartbeat is too long ago."""
        silent = time.monotonic() - self._last_good
        if self._refused or silent > self._most_silent:
            raise LeaseLost(f"no heartbeat of {self.lease.job_id} was accepted for {silent:.1f} s")


class Heart:
    """One for a process; it has one job in hand at a time, or none."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._redis = redis_client(settings.redis_url)
        self._grip: Grip | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._thread.start()

    @contextmanager
    def holding(self, lease: Lease, requested: str | None) -> Iterator[Grip]:
        """Keep the lease of a job while the block runs."""
        self._grip = Grip(lease, self._settings.lease_seconds, requested)
        try:
            yield self._grip
        finally:
            self._grip = None

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join(timeout=5)
        self._redis.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._live()
            except Exception:  # such as a MemoryError: without its heart this process would lose job after job
                log.exception("the heart missed a beat")
                self._ended.wait(TURN_SECONDS)

    def _live(self) -> None:
        try:
            with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py has no types here
                pubsub.psubscribe(channel("*"))
                self._beat_and_listen(pubsub)
        except (RedisError, OSError):
            self._beat_deaf()

    def _beat_and_listen(self, pubsub: PubSub) -> None:
        beaten = time.monotonic()
        while not self._ended.is_set():
            message = pubsub.get_message(ignore_subscribe_messages=True, timeout=TURN_SECONDS)
            grip = self._grip
            due = time.monotonic() - beaten >= self._settings.heartbeat_seconds
            if grip and (due or _asks(message, grip)):
                self._beat(grip)
            if due:
                beaten = time.monotonic()

    def _beat_deaf(self) -> None:
        """A heartbeat without ears: the broker is away, the lease is not."""
        if not self._ended.wait(min(self._settings.heartbeat_seconds, 1.0)) and (grip := self._grip):
            self._beat(grip)

    def _beat(self, grip: Grip) -> None:
        try:
            with transaction(self._sessions, "heartbeat") as tx:
                requested = leases.renew(tx, grip.lease, self._settings.lease_seconds)
            grip.good(requested)
        except LeaseLost:
            grip.refuse()
        except DBAPIError as error:
            log.warning("a heartbeat of %s did not reach the database: %s", grip.lease.job_id, error)


def _asks(message: dict[str, bytes] | None, grip: Grip) -> bool:
    """Whether a wake-up says that something was asked of the job in hand."""
    if message is None or message["data"] != ASKED:
        return False
    return message["channel"] == channel(grip.lease.job_id).encode()
