"""Deliver due webhooks from a thread of the scheduler process, many at a time, without a slot for training jobs."""

import asyncio
import contextlib
import logging
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DBAPIError
from structlog.contextvars import bound_contextvars

from messaging.delivery_notifications import DeliveryNotifications
from service import tracing
from service.bootstrap import Services
from service.metrics.definitions import WEBHOOK_ATTEMPTS, WEBHOOK_SECONDS
from service.secret_box import Unreadable
from service.webhooks import retries, signing
from store.db.transaction import snapshot, transaction
from store.webhooks import attempts
from store.webhooks.attempts import AttemptResult, DueDelivery
from worker.webhooks.sender import Sender

log = logging.getLogger(__name__)

PER_HOST = 4  # deliveries at a time, so that a slow host does not use up all of them
LEASE_MARGIN_SECONDS = 30.0  # to write the result after the time-out of the request
MAX_WAIT_SECONDS = 5.0  # until due deliveries are looked for again, if a notification is lost
CLOSE_SECONDS = 5.0  # for what is in flight when the process stops; another process repeats the rest


class Deliverer:
    """The deliveries of one process. Several processes may deliver from one database."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._sessions = services.sessions
        self._box = services.secret_box
        self._metrics = services.metrics
        self._sender = Sender(services.target_policy, settings.webhook_timeout_seconds)
        self._limit = settings.webhook_concurrency
        self._lease_seconds = settings.webhook_timeout_seconds + LEASE_MARGIN_SECONDS
        self._notifications = DeliveryNotifications(settings.redis_url)
        self._random = random.Random()  # noqa: S311 - jitter
        self._in_flight: dict[asyncio.Task[None], DueDelivery] = {}
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()  # a delivery may be due, a place may be free, or the process stops
        self._is_ended = False
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Start delivering."""
        self._thread.start()

    def close(self) -> None:
        """Stop, after what is in flight has ended or a few seconds have passed."""
        self._is_ended = True
        self._notifications.close()
        self._notify()
        self._thread.join(timeout=CLOSE_SECONDS + 1)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        executor = ThreadPoolExecutor(self._limit + 4, "webhooks")  # names are resolved in threads, too
        self._loop.set_default_executor(executor)
        self._notifications.start(self._notify)
        while not self._is_ended:
            self._changed.clear()
            await self._start_due()
            await self._wait(await asyncio.to_thread(self._seconds_until_due))
        if self._in_flight:
            await asyncio.wait(list(self._in_flight), timeout=CLOSE_SECONDS)
        for task in list(self._in_flight):
            task.cancel()

    def _notify(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(self._changed.set)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def _start_due(self) -> None:
        """Start as many due deliveries as the limits allow."""
        free = self._limit - len(self._in_flight)
        in_flight = Counter(delivery.host for delivery in self._in_flight.values())
        for delivery in await asyncio.to_thread(self._take, free, in_flight) if free else ():
            task = asyncio.create_task(self._deliver(delivery))
            self._in_flight[task] = delivery
            task.add_done_callback(self._in_flight.pop)
            task.add_done_callback(lambda _: self._changed.set())

    def _take(self, free: int, in_flight: Counter[str]) -> list[DueDelivery]:
        try:
            with transaction(self._sessions, "take_deliveries") as tx:
                return attempts.take_due(tx, free, in_flight, PER_HOST, self._lease_seconds)
        except DBAPIError as error:
            log.warning("Due webhooks cannot be read: %s", error)
            return []

    def _seconds_until_due(self) -> float:
        """Return how long to wait. What is due already but not taken waits for a free place, which notifies."""
        try:
            with snapshot(self._sessions) as tx:
                seconds = attempts.seconds_until_due(tx)
        except DBAPIError:
            return MAX_WAIT_SECONDS
        return MAX_WAIT_SECONDS if seconds is None or seconds <= 0 else min(seconds, MAX_WAIT_SECONDS)

    async def _deliver(self, delivery: DueDelivery) -> None:
        with bound_contextvars(webhook_id=delivery.webhook_id, delivery_id=delivery.id):
            try:
                with tracing.span("webhook delivery", delivery.traceparent, attempt=delivery.attempt):
                    result = await self._send(delivery)
                await asyncio.to_thread(self._record, delivery, result)
            except DBAPIError as error:
                log.warning("The result of a webhook could not be stored; it will be sent again: %s", error)

    async def _send(self, delivery: DueDelivery) -> AttemptResult:
        try:
            keys = [self._box.open(sealed) for sealed in delivery.secrets]
            body = delivery.body.encode()
            headers = signing.signed_headers(keys, delivery.event_id, int(time.time()), body)
            return await self._sender.send(delivery.url, headers, body)
        except Unreadable as error:
            log.warning("%s", error)
            return AttemptResult(error=str(error))
        except Exception:
            log.exception("Unexpected error while sending a webhook.")
            return AttemptResult(error="Internal error of the service, which was logged.")

    def _record(self, delivery: DueDelivery, result: AttemptResult) -> None:
        self._metrics.observe(WEBHOOK_SECONDS, result.seconds)
        self._metrics.count(WEBHOOK_ATTEMPTS, "delivered" if result.is_success else "failed")
        retry = retries.retry_seconds(delivery.attempt, self._random, result.retry_after)
        with transaction(self._sessions, "delivery") as tx:
            if result.is_success:
                attempts.succeeded(tx, delivery, result)
                return
            disabled = attempts.failed(tx, delivery, result, retry)
        log.info("Attempt %d of a webhook failed: %s", delivery.attempt, result.error)
        if disabled:
            log.warning("The webhook was disabled: %s.", disabled)
