"""The changes of jobs that reach this process: one thread listens to Redis and wakes whoever waits for a job.

A message can be lost. Whoever keeps or waits for the state of a job reads it again after `ChangeFeed.check_seconds`.
"""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from redis.client import PubSub
from redis.exceptions import RedisError

from messaging.channels import channel, job_of, subscriber_client

CONNECTED_SECONDS = 5.0  # a change whose message was lost is seen this late at most
DISCONNECTED_SECONDS = 1.0  # the same while there is no connection to Redis
POLL_SECONDS = 0.5  # how long the thread takes at most to notice that it should end


class ChangeListener(Protocol):
    """Is called at each change, from any thread. It must not block."""

    def job_changed(self, job_id: str, *, by_this_process: bool) -> None:
        """A job has changed."""

    def changes_missed(self) -> None:
        """Any job may have changed: the connection to Redis was lost or is new."""


class ChangeFeed:
    """The changes of all jobs, for the listeners and the waiting coroutines of this process."""

    def __init__(self, redis_url: str) -> None:
        self._redis = subscriber_client(redis_url)
        self._watching: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._listeners: list[ChangeListener] = []
        self._connected = False
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
        if self._connected:
            with contextlib.suppress(RedisError, OSError):
                self._redis.publish(channel(""), b"")  # any message makes the thread notice at once
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        self._loop = None
        self._redis.close()

    @property
    def check_seconds(self) -> float:
        """How long the state of a job may be used before it must be read again."""
        return CONNECTED_SECONDS if self._connected else DISCONNECTED_SECONDS

    def wake(self, job_id: str) -> None:
        """Wake whoever waits for this job in the running event loop: a change was found whose message was lost."""
        self._set_events(job_id)

    def add_listener(self, listener: ChangeListener) -> None:
        """Call `listener` at each change from now on."""
        self._listeners.append(listener)

    def announce_own(self, job_id: str) -> None:
        """Announce a change that this process has committed. Listeners are called before this returns."""
        for listener in self._listeners:
            listener.job_changed(job_id, by_this_process=True)
        self._wake(job_id)

    @asynccontextmanager
    async def watch(self, job_id: str) -> AsyncIterator["JobWatch"]:
        """Watch a job. A change is noticed from now on, even if it happens before `wait` is called."""
        changed = asyncio.Event()
        self._watching[job_id].add(changed)
        try:
            yield JobWatch(changed)
        finally:
            self._watching[job_id].discard(changed)
            if not self._watching[job_id]:
                del self._watching[job_id]

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py has no types here
                    pubsub.psubscribe(channel("*"))
                    self._listen(pubsub)
            except (RedisError, OSError):
                self._set_connected(False)
                self._ended.wait(POLL_SECONDS)

    def _listen(self, pubsub: PubSub) -> None:
        while not self._ended.is_set():
            if message := pubsub.get_message(timeout=POLL_SECONDS):
                self._receive(message)

    def _receive(self, message: dict[str, Any]) -> None:
        if message["type"] == "psubscribe":  # also after a reconnect of redis-py
            self._set_connected(True)
        elif message["type"] == "pmessage":
            job_id = job_of(message["channel"])
            for listener in self._listeners:
                listener.job_changed(job_id, by_this_process=False)
            self._wake(job_id)

    def _set_connected(self, connected: bool) -> None:  # noqa: FBT001 - the new value
        if connected or self._connected:
            self._connected = connected
            for listener in self._listeners:
                listener.changes_missed()
            self._wake()

    def _wake(self, job_id: str | None = None) -> None:
        """Wake whoever waits for this job, or for any."""
        if loop := self._loop:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
                loop.call_soon_threadsafe(self._set_events, job_id)

    def _set_events(self, job_id: str | None) -> None:
        jobs = list(self._watching) if job_id is None else [job_id]
        for each in jobs:
            for changed in self._watching.get(each, ()):
                changed.set()


class JobWatch:
    """One coroutine's watch on a job."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed

    async def wait(self, seconds: float) -> None:
        """Return when the job has changed since the last call, or after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()
