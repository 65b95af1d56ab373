"""The change feed: waiting coroutines and listeners hear of published and missed changes."""

import asyncio
import time
from collections.abc import Callable

import redis

from messaging.change_feed import CONNECTED_SECONDS, DISCONNECTED_SECONDS, ChangeFeed
from messaging.channels import JOB_CHANGED, channel


class Heard:
    """A listener that records what it is called with."""

    def __init__(self) -> None:
        self.changed: list[tuple[str, bool]] = []
        self.missed = 0

    def job_changed(self, job_id: str, *, by_this_process: bool) -> None:
        """Record a changed job."""
        self.changed.append((job_id, by_this_process))

    def changes_missed(self) -> None:
        """Record that changes may have been missed."""
        self.missed += 1


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def test_a_published_change_reaches_listeners_and_wakes_who_waits(broker_url: str) -> None:
    async def use() -> None:
        feed, heard = ChangeFeed(broker_url), Heard()
        feed.add_listener(heard)
        feed.start()
        await until(lambda: feed.check_seconds == CONNECTED_SECONDS)
        async with feed.watch("job_1") as watch:
            await watch.wait(0.01)
            began = time.monotonic()
            with redis.Redis.from_url(broker_url) as broker:
                broker.publish(channel("job_1"), JOB_CHANGED)
            await watch.wait(4)
            assert time.monotonic() - began < 4
        assert heard.changed == [("job_1", False)]
        feed.close()

    asyncio.run(use())


def test_a_lost_connection_shortens_the_check_and_reports_missed_changes(broker_url: str) -> None:
    async def use() -> None:
        feed, heard = ChangeFeed(broker_url), Heard()
        feed.add_listener(heard)
        feed.start()
        await until(lambda: heard.missed == 1)
        with redis.Redis.from_url(broker_url) as broker:
            broker.client_kill_filter(_type="pubsub")
        await until(lambda: heard.missed >= 3)  # one for the loss, one for the new connection
        assert feed.check_seconds == CONNECTED_SECONDS
        feed.close()

    asyncio.run(use())


def test_own_changes_are_announced_without_a_connection() -> None:
    async def use() -> None:
        feed, heard = ChangeFeed("redis://127.0.0.1:1"), Heard()
        feed.add_listener(heard)
        feed.start()
        assert feed.check_seconds == DISCONNECTED_SECONDS
        async with feed.watch("job_1") as watch:
            feed.announce_own("job_1")
            began = time.monotonic()
            await watch.wait(60)
            assert time.monotonic() - began < DISCONNECTED_SECONDS / 2
        assert heard.changed == [("job_1", True)]
        feed.close()

    asyncio.run(use())
