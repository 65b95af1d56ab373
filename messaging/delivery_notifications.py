"""Notifications that deliveries of webhooks are due, for the process that sends them."""

import threading
from collections.abc import Callable

from redis.exceptions import RedisError

from messaging.channels import DELIVERIES, subscriber_client

POLL_SECONDS = 0.5  # how long the thread takes at most to notice that it should end
RECONNECT_SECONDS = 1.0


class DeliveryNotifications:
    """Listens in a thread. A notification can be lost, so the receiver also looks for due deliveries by itself."""

    def __init__(self, redis_url: str) -> None:
        self._redis = subscriber_client(redis_url)
        self._ended = threading.Event()

    def start(self, notify: Callable[[], object]) -> None:
        """Call `notify` at each notification, from a thread."""
        threading.Thread(target=self._run, args=(notify,), name="delivery notifications", daemon=True).start()

    def close(self) -> None:
        """Stop listening soon."""
        self._ended.set()

    def _run(self, notify: Callable[[], object]) -> None:
        while not self._ended.is_set():
            try:
                with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py has no types here
                    pubsub.subscribe(DELIVERIES)
                    while not self._ended.is_set():
                        if pubsub.get_message(timeout=POLL_SECONDS):
                            notify()
            except (RedisError, OSError):
                self._ended.wait(RECONNECT_SECONDS)
