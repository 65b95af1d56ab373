"""Notify workers of queued jobs and publish changes of jobs, from a background thread."""

import logging
import threading
from collections.abc import Callable

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from messaging.celery_app import send_notifications, unread_notifications
from messaging.channels import DELIVERIES, JOB_CHANGED, channel, redis_client

MAX_PENDING = 1_000  # notifications; more than this at once would tell the workers nothing new
MAX_UNREAD = 200  # in the broker: an idle worker takes one at once and runs all queued jobs, so unread ones are enough
CLOSE_SECONDS = 1.0  # how long `close` waits for what is pending

log = logging.getLogger(__name__)


class Notifier:
    """Sends from a thread of its own, so that a broker that is down delays no request.

    Both kinds of message may be lost. The scheduler repeats notifications as long as jobs are queued, and a worker
    reads requested actions at every heartbeat.
    """

    def __init__(self, app: Celery, redis_url: str, announce: Callable[[str], None] = lambda _job_id: None) -> None:
        """`announce` is called with the job of each published change, in the thread that publishes it."""
        self._app = app
        self._announce = announce
        self._redis = redis_client(redis_url)
        self._notifications = 0
        self._published = set[tuple[str, bytes]]()  # channels and messages
        self._unread = 0  # at most so many notifications of this process
        self._pending = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def notify_workers(self, count: int = 1) -> None:
        """Let up to `count` workers look for queued jobs; returns at once."""
        with self._pending:
            self._notifications = min(self._notifications + count, MAX_PENDING)
            self._pending.notify()

    def publish_change(self, job_id: str, what: bytes = JOB_CHANGED) -> None:
        """Tell the clients and the worker of a job that it changed or that an action was requested; returns at once."""
        self._announce(job_id)
        with self._pending:
            self._published.add((channel(job_id), what))
            self._pending.notify()

    def notify_deliverers(self) -> None:
        """Tell the processes that deliver webhooks that a delivery is due; returns at once."""
        with self._pending:
            self._published.add((DELIVERIES, b"due"))
            self._pending.notify()

    def close(self) -> None:
        """Send what is pending, waiting at most a second, and end the thread."""
        with self._pending:
            self._closed = True
            self._pending.notify()
        self._thread.join(timeout=CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            notifications, published = self._take_pending()
            if not notifications and not published:
                return
            try:
                self._send(notifications)
                for name, what in published:
                    self._redis.publish(name, what)
            except (OperationalError, RedisError, OSError) as error:
                log.warning("The broker cannot be reached. The scheduler will notify the workers later: %s", error)

    def _send(self, count: int) -> None:
        """Send notifications, unless so many are unread that more would only cost time."""
        if count and self._unread + count > MAX_UNREAD:
            self._unread = unread_notifications(self._app)
        count = min(count, MAX_UNREAD - self._unread)
        if count > 0:
            send_notifications(self._app, count)
            self._unread += count

    def _take_pending(self) -> tuple[int, set[tuple[str, bytes]]]:
        with self._pending:
            self._pending.wait_for(lambda: self._notifications or self._published or self._closed)
            notifications, published = self._notifications, self._published
            self._notifications, self._published = 0, set()
            return notifications, published
