"""The doorbell: a Celery message says that there may be work. The database says what, and whether."""

import logging
import threading
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from store.db import failpoints

TASK_NAME = "backprop.bell"  # the name of the one task
REQUESTED, CHANGED = b"asked", b"changed"  # what a wake-up says: workers act on the first alone
MAX_PENDING = 1_000  # more rings than this at once tell the workers nothing new

TRANSPORT = {"socket_connect_timeout": 1, "socket_timeout": 5, "health_check_interval": 10}  # seconds

log = logging.getLogger(__name__)


class BrokerRefusesWrites(OperationalError):
    """The broker can be reached, and does not take what is written to it."""


def celery_app(broker_url: str) -> Celery:
    """A Celery application that sends and receives bells through `broker_url`; it keeps no results."""
    app = Celery("backprop", broker=broker_url)
    app.conf.update(
        task_ignore_result=True,
        task_default_queue="backprop",
        task_default_queue_type="quorum" if broker_url.startswith("amqp") else "classic",
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        broker_transport_options=TRANSPORT,
        broker_connection_timeout=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
    )
    return app


class Notifier:
    """Rings and wakes from a thread of its own, so that a broker that is down delays no request.

    A ring that is lost is rung again by the scheduler; who misses a wake-up sees the change at its next heartbeat.
    """

    def __init__(self, app: Celery, redis_url: str) -> None:
        self._app = app
        self._redis = redis_client(redis_url)
        self._rings = 0
        self._wakes = set[tuple[str, bytes]]()
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
        self._thread.start()

    def ring(self, times: int = 1) -> None:
        """Tell up to `times` workers that there may be work; returns at once."""
        with self._wake:
            self._rings = min(self._rings + times, MAX_PENDING)
            self._wake.notify()

    def wake(self, job_id: str, what: bytes = CHANGED) -> None:
        """Tell whoever runs or watches a job that it has changed, or was asked to; returns at once."""
        with self._wake:
            self._wakes.add((job_id, what))
            self._wake.notify()

    def close(self) -> None:
        """Send what is pending, wait at most a second for it, and end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while True:
            rings, wakes = self._next()
            if not rings and not wakes:
                return
            try:
                send(self._app, rings)
                for job_id, what in wakes:
                    self._redis.publish(channel(job_id), what)
            except (OperationalError, RedisError, OSError) as error:
                log.warning("the broker cannot be reached; the scheduler will ring again: %s", error)

    def _next(self) -> tuple[int, set[tuple[str, bytes]]]:
        with self._wake:
            self._wake.wait_for(lambda: self._rings or self._wakes or self._closed)
            rings, wakes = self._rings, self._wakes
            self._rings, self._wakes = 0, set()
            return rings, wakes


def channel(job_id: str) -> str:
    """Where the changes of a job are published."""
    return f"backprop:{job_id}"


def redis_client(url: str) -> Redis:
    """A client that gives up soon: nothing that is asked of Redis is worth waiting for."""
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=5)


def send(app: Celery, times: int = 1, **options: Any) -> None:
    """Send the bell `times` times; raises `OperationalError` when the broker cannot be reached."""
    with app.producer_or_acquire() as producer:
        for _ in range(times):
            failpoints.hit("ring.before_send", ConnectionError("a failpoint"))
            app.send_task(TASK_NAME, producer=producer, **options)
            failpoints.hit("ring.after_send", ConnectionError("a failpoint"))


def answers(broker_url: str) -> None:
    """Connect to the broker anew and, if it is a Redis, write to it.

    Raises:
        BrokerRefuses: it takes nothing, for want of memory or replicas.
        OperationalError, OSError: it cannot be reached.
    """
    app = Celery(broker=broker_url, set_as_current=False)
    app.conf.broker_transport_options = {} if broker_url.startswith("amqp") else TRANSPORT
    with app.connection_for_write(connect_timeout=1) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        if not broker_url.startswith("amqp"):
            try:
                connection.default_channel.client.set("backprop:answers", 1, ex=10)
            except RedisError as error:
                raise BrokerRefusesWrites(str(error)) from error
