"""Renew the lease of the running job from a thread, and read what the job's owner requests."""

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
from worker.held_lease import HeldLease

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25  # how long the thread may take to notice that it has to end
RECONNECT_SECONDS = 1.0  # between attempts to reach a broker that is down


class LeaseKeeper:
    """The lease keeper of a process, which runs one job at a time or none."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._redis = redis_client(settings.redis_url)
        self._held_lease: HeldLease | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease keeper", daemon=True)
        self._thread.start()

    @contextmanager
    def holding(self, lease: Lease, requested: str | None) -> Iterator[HeldLease]:
        """Renew `lease` while the block runs."""
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
                self._keep()
            except Exception:  # such as MemoryError: without this thread the process would lose one job after another
                log.exception("Unexpected error while renewing leases; trying again.")
                self._ended.wait(POLL_SECONDS)

    def _keep(self) -> None:
        try:
            with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py has no types here
                pubsub.psubscribe(channel("*"))
                self._renew_and_listen(pubsub)
        except (RedisError, OSError):
            self._renew_without_broker()

    def _renew_and_listen(self, pubsub: PubSub) -> None:
        """Renew at every heartbeat, and at once when the owner requests something of the job."""
        renewed_at = time.monotonic()
        while not self._ended.is_set():
            message = pubsub.get_message(ignore_subscribe_messages=True, timeout=POLL_SECONDS)
            held_lease = self._held_lease
            is_due = time.monotonic() - renewed_at >= self._settings.heartbeat_seconds
            if held_lease and (is_due or _is_request(message, held_lease)):
                self._renew(held_lease)
            if is_due:
                renewed_at = time.monotonic()

    def _renew_without_broker(self) -> None:
        """Renew once. Requests are read from the database only."""
        seconds = min(self._settings.heartbeat_seconds, RECONNECT_SECONDS)
        if not self._ended.wait(seconds) and (held_lease := self._held_lease):
            self._renew(held_lease)

    def _renew(self, held_lease: HeldLease) -> None:
        try:
            with transaction(self._sessions, "heartbeat") as tx:
                requested = leases.renew(tx, held_lease.lease, self._settings.lease_seconds)
            held_lease.renewed(requested)
        except LeaseLost:
            held_lease.lost()
        except DBAPIError as error:
            log.warning("Could not renew the lease of %s: %s", held_lease.lease.job_id, error)


def _is_request(message: dict[str, bytes] | None, held_lease: HeldLease) -> bool:
    """Whether a message says that the owner of the running job requested something."""
    if message is None or message["data"] != ACTION_REQUESTED:
        return False
    return message["channel"] == channel(held_lease.lease.job_id).encode()
