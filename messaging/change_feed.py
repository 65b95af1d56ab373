"""The changes of jobs as this process hears them: one thread listens to Redis and wakes whoever waits for a job.

A message can be lost while the broker is down, so nobody waits longer than `TICK_SECONDS` for one.
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

TICK_SECONDS = 1.0  # a change whose message was lost is seen this late at most
POLL_SECONDS = 0.5  # how long the thread takes at most to notice that it should end


class ChangeFeed:
    """The changes of all jobs, for the coroutines of this process that wait for one of them."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis_client(redis_url)
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="change feed", daemon=True)

    def start(self) -> None:
        """Start listening, for coroutines of the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        self._redis.close()

    @asynccontextmanager
    async def watch(self, job_id: str) -> AsyncIterator["JobWatch"]:
        """Watch a job. A change is noticed from now on, even if it happens before `wait` is called."""
        changed = asyncio.Event()
        key = channel(job_id)
        self._waiting[key].add(changed)
        try:
            yield JobWatch(changed)
        finally:
            self._waiting[key].discard(changed)
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
                self._loop.call_soon_threadsafe(self._announce, message["channel"].decode())

    def _announce(self, key: str) -> None:
        for changed in self._waiting.get(key, ()):
            changed.set()


class JobWatch:
    """One coroutine's watch on a job."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed

    async def wait(self, seconds: float) -> None:
        """Return when the job has changed since the last call, or after `seconds` or `TICK_SECONDS`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), min(seconds, TICK_SECONDS))
        self._changed.clear()
