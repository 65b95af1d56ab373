"""The heart of a worker process: a thread that renews the lease of the job in hand, and hears what is asked of it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from messaging.channels import ACTION_REQUESTED, channel, redis_client
from service.settings import Settings
from store.db.database import Sessions
from store.db.transaction import transaction
from store.errors import LeaseLost
from store.jobs import leases
from store.jobs.leases import Lease

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25  # how long the end of the process may go unnoticed
SILENT_SHARE = 2 / 3  # of the lease: without a good heartbeat for so long, the job may be another's


class HeldLease:
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


class LeaseKeeper:
    """One for a process; it has one job in hand at a time, or none."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._redis = redis_client(settings.redis_url)
        self._held_lease: HeldLease | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._thread.start()

    @contextmanager
    def holding(self, lease: Lease, requested: str | None) -> Iterator[HeldLease]:
        """Keep the lease of a job while the block runs."""
        self._held_lease = HeldLease(lease, self._settings.lease_seconds, requested)
        try:
            yield self._held_lease
        finally:
            self._held_lease = None

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
                self._ended.wait(POLL_SECONDS)

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
            message = pubsub.get_message(ignore_subscribe_messages=True, timeout=POLL_SECONDS)
            held_lease = self._held_lease
            due = time.monotonic() - beaten >= self._settings.heartbeat_seconds
            if held_lease and (due or _asks(message, held_lease)):
                self._beat(held_lease)
            if due:
                beaten = time.monotonic()

    def _beat_deaf(self) -> None:
        """A heartbeat without ears: the broker is away, the lease is not."""
        if not self._ended.wait(min(self._settings.heartbeat_seconds, 1.0)) and (held_lease := self._held_lease):
            self._beat(held_lease)

    def _beat(self, held_lease: HeldLease) -> None:
        try:
            with transaction(self._sessions, "heartbeat") as tx:
                requested = leases.renew(tx, held_lease.lease, self._settings.lease_seconds)
            held_lease.good(requested)
        except LeaseLost:
            held_lease.refuse()
        except DBAPIError as error:
            log.warning("a heartbeat of %s did not reach the database: %s", held_lease.lease.job_id, error)


def _asks(message: dict[str, bytes] | None, held_lease: HeldLease) -> bool:
    """Whether a wake-up says that something was asked of the job in hand."""
    if message is None or message["data"] != ACTION_REQUESTED:
        return False
    return message["channel"] == channel(held_lease.lease.job_id).encode()
