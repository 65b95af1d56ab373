"""Wake-ups inside the API: one thread listens to Redis, and whoever waits for a job hears when it changed.

A wake-up may be lost, with the broker away or between two looks; so nobody waits longer than a tick for one.
"""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.client import PubSub
from redis.exceptions import RedisError

from messaging.channels import channel, redis_client

TICK_SECONDS = 1.0  # how late a change is seen at the most
POLL_SECONDS = 0.5  # how long the thread may take to see that it is to end


class Changes:
    """What is waited for in this process."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis_client(redis_url)
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="changes", daemon=True)

    def start(self) -> None:
        """Listen, on behalf of the event loop that this is called in."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join(timeout=2)
        self._redis.close()

    @asynccontextmanager
    async def of(self, job_id: str) -> AsyncIterator["Watch"]:
        """Watch a job: changes from now on are heard, also those before `wait` is called."""
        event = asyncio.Event()
        key = channel(job_id)
        self._waiting[key].add(event)
        try:
            yield Watch(event)
        finally:
            self._waiting[key].discard(event)
            if not self._waiting[key]:
                del self._waiting[key]

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py has no types here
                    pubsub.psubscribe(channel("*"))
                    self._listen(pubsub)
            except (RedisError, OSError):
                self._ended.wait(POLL_SECONDS)

    def _listen(self, pubsub: PubSub) -> None:
        while not self._ended.is_set():
            message = pubsub.get_message(ignore_subscribe_messages=True, timeout=POLL_SECONDS)
            if message and self._loop:
                self._loop.call_soon_threadsafe(self._wake, message["channel"].decode())

    def _wake(self, key: str) -> None:
        for event in self._waiting.get(key, ()):
            event.set()


class Watch:
    """One look-out for changes of a job."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, seconds: float) -> None:
        """Return when the job has changed since the last call, or after `seconds`, or a tick."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), min(seconds, TICK_SECONDS))
        self._event.clear()
