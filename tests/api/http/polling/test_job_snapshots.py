"""Jobs kept in memory: when they are read again, and who may see them."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from api.http.polling import job_snapshots, kept_snapshots
from api.http.polling.job_snapshot import JobSnapshot
from api.http.polling.job_snapshots import JobSnapshots
from messaging.change_feed import CONNECTED_SECONDS, DISCONNECTED_SECONDS, ChangeFeed
from service.bootstrap import Services
from store.errors import NotFound
from store.ids import ProjectId

OURS, THEIRS = ProjectId("prj_ours"), ProjectId("prj_theirs")


class Jobs:
    """A database with jobs of one project, and a clock that tests set."""

    def __init__(self) -> None:
        self.feed = ChangeFeed("redis://127.0.0.1:1")  # not started
        self.reads: list[str] = []
        self.state = "running"
        self.events = 1
        self.now = 100.0
        self.before_read: Callable[[], None] = lambda: None
        self.snapshots = JobSnapshots(self.feed, self.read, lambda: self.now)

    def read(self, project: ProjectId, job_id: str) -> JobSnapshot:
        """Read a job, as the API does in a thread."""
        if project != OURS:
            raise NotFound(job_id)
        self.reads.append(job_id)
        state, version = self.state, str(self.events)
        self.before_read()
        return JobSnapshot(
            project=project,
            state=state,
            last_event=self.events,
            version=version,
            etag=version,
            headers={},
            body=b"x" * 10,
        )


def run(use: Callable[[Jobs], Awaitable[None]]) -> Jobs:
    jobs = Jobs()
    asyncio.run(use(jobs))  # type: ignore[arg-type]  # a coroutine
    return jobs


def test_an_unchanged_job_is_read_one_time() -> None:
    async def use(jobs: Jobs) -> None:
        for _ in range(100):
            await jobs.snapshots.get(OURS, "job_1")

    assert run(use).reads == ["job_1"]


def test_requests_at_the_same_time_share_one_read() -> None:
    async def use(jobs: Jobs) -> None:
        await asyncio.gather(*(jobs.snapshots.get(OURS, "job_1") for _ in range(50)))

    assert run(use).reads == ["job_1"]


@pytest.mark.parametrize(
    ("state", "connected", "seconds"),
    [
        ("running", False, DISCONNECTED_SECONDS),
        ("succeeded", False, DISCONNECTED_SECONDS),
        ("running", True, CONNECTED_SECONDS),
        ("queued", True, 1.0),
    ],
)
def test_a_job_is_read_again_after_its_maximum_age(state: str, connected: bool, seconds: float) -> None:  # noqa: FBT001
    async def use(jobs: Jobs) -> None:
        jobs.state = state
        if connected:
            jobs.feed._receive({"type": "psubscribe"})
        await jobs.snapshots.get(OURS, "job_1")
        jobs.now += seconds - 0.01
        await jobs.snapshots.get(OURS, "job_1")
        assert len(jobs.reads) == 1
        jobs.now += 0.02
        await jobs.snapshots.get(OURS, "job_1")
        assert len(jobs.reads) == 2

    run(use)


def test_a_publish_drops_only_its_job() -> None:
    async def use(jobs: Jobs) -> None:
        for name in ("job_1", "job_2"):
            await jobs.snapshots.get(OURS, name)
        jobs.feed._receive({"type": "pmessage", "channel": b"backprop:job_1"})
        for name in ("job_1", "job_2"):
            await jobs.snapshots.get(OURS, name)

    assert run(use).reads == ["job_1", "job_2", "job_1"]


def test_an_own_change_also_drops_queued_jobs() -> None:
    async def use(jobs: Jobs) -> None:
        jobs.state = "queued"
        await jobs.snapshots.get(OURS, "job_1")
        jobs.feed.announce_own("job_2")
        await jobs.snapshots.get(OURS, "job_1")

    assert run(use).reads == ["job_1", "job_1"]


def test_a_read_that_began_before_a_change_is_not_kept() -> None:
    async def use(jobs: Jobs) -> None:
        def change() -> None:
            jobs.before_read = lambda: None
            jobs.events = 2
            jobs.feed.announce_own("job_1")

        jobs.before_read = change
        assert (await jobs.snapshots.get(OURS, "job_1")).version == "1"
        assert (await jobs.snapshots.get(OURS, "job_1")).version == "2"

    run(use)


def test_a_new_connection_drops_everything() -> None:
    async def use(jobs: Jobs) -> None:
        await jobs.snapshots.get(OURS, "job_1")
        jobs.feed._receive({"type": "psubscribe"})
        await jobs.snapshots.get(OURS, "job_1")

    assert len(run(use).reads) == 2


def test_a_later_event_that_was_sent_drops_the_job() -> None:
    async def use(jobs: Jobs) -> None:
        await jobs.snapshots.get(OURS, "job_1")
        jobs.snapshots.seen("job_1", 1)
        await jobs.snapshots.get(OURS, "job_1")
        assert len(jobs.reads) == 1
        jobs.snapshots.seen("job_1", 2)
        await jobs.snapshots.get(OURS, "job_1")
        assert len(jobs.reads) == 2

    run(use)


def test_a_kept_job_is_not_found_by_another_project() -> None:
    async def use(jobs: Jobs) -> None:
        await jobs.snapshots.get(OURS, "job_1")
        for _ in range(2):
            with pytest.raises(NotFound):
                await jobs.snapshots.get(THEIRS, "job_1")
        await jobs.snapshots.get(OURS, "job_1")

    assert run(use).reads == ["job_1"]


def test_the_oldest_jobs_are_dropped_when_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_snapshots, "MAX_BYTES", 25)  # two bodies

    async def use(jobs: Jobs) -> None:
        for name in ("job_1", "job_2", "job_3", "job_3", "job_2", "job_1"):
            await jobs.snapshots.get(OURS, name)

    assert run(use).reads == ["job_1", "job_2", "job_3", "job_1"]


def test_followers_are_woken_by_a_change_whose_message_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_snapshots, "QUEUED_SECONDS", 0.01)  # when a queued job is read again

    async def use(jobs: Jobs) -> None:
        jobs.state = "queued"
        async with jobs.snapshots.follow(OURS, "job_1") as first, jobs.snapshots.follow(OURS, "job_1") as second:
            await first.read()
            jobs.events, jobs.now = 2, jobs.now + 1
            await asyncio.gather(*(asyncio.wait_for(each.wait(60), 30) for each in (first, second)))
            assert (await second.read()).last_event == 2
        assert (jobs.snapshots._checks, dict(jobs.snapshots._followers)) == ({}, {})

    run(use)


def unreachable() -> None:
    """Fail as a read does while the database is away."""
    raise OperationalError("SELECT", {}, ConnectionError())


def test_without_the_database_the_last_answer_is_sent_as_stale() -> None:
    async def use(jobs: Jobs) -> None:
        fresh = await jobs.snapshots.get(OURS, "job_1")
        jobs.before_read = unreachable
        jobs.feed.announce_own("job_1")
        for seconds in (7, 8):
            jobs.now = 100.0 + seconds
            stale = await jobs.snapshots.get(OURS, "job_1")
            assert stale.headers == {"Age": str(seconds), "Warning": '110 - "Response is Stale"'}
            assert (stale.body, stale.etag) == (fresh.body, fresh.etag)
        with pytest.raises(OperationalError):
            await jobs.snapshots.get(OURS, "job_2")
        jobs.before_read = lambda: None
        jobs.now += 1.1
        assert (await jobs.snapshots.get(OURS, "job_1")).headers == {}

    run(use)


def test_a_job_that_changed_while_it_was_read_is_sent_as_stale_too() -> None:
    async def use(jobs: Jobs) -> None:
        jobs.before_read = lambda: jobs.feed.announce_own("job_1")
        await jobs.snapshots.get(OURS, "job_1")
        jobs.before_read = unreachable
        assert "Age" in (await jobs.snapshots.get(OURS, "job_1")).headers

    run(use)


def test_an_unreachable_database_is_tried_once_a_second() -> None:
    async def use(jobs: Jobs) -> None:
        await jobs.snapshots.get(OURS, "job_1")
        jobs.before_read = unreachable
        jobs.now += 10
        for _ in range(20):
            jobs.now += 0.1
            await jobs.snapshots.get(OURS, "job_1")
        assert 2 <= len(jobs.reads) - 1 <= 3

    run(use)


def test_a_read_that_hangs_is_answered_with_the_last_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_snapshots, "PATIENCE_SECONDS", 0.01)
    answered = threading.Event()

    async def use(jobs: Jobs) -> None:
        await jobs.snapshots.get(OURS, "job_1")
        jobs.before_read = lambda: assert_true(answered.wait(10))
        jobs.now += 10
        assert "Age" in (await jobs.snapshots.get(OURS, "job_1")).headers
        answered.set()

    run(use)


def assert_true(value: bool) -> None:  # noqa: FBT001 - the value
    assert value


def test_polls_of_an_unchanged_job_make_no_queries(client: TestClient, dataset: dict[str, Any]) -> None:
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # FastAPI's
    url = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()["links"]["self"]
    client.post(f"{url}/pause")
    etag = client.get(url).headers["ETag"]
    queries: list[str] = []
    event.listen(services.engine, "before_cursor_execute", lambda *arguments: queries.append(arguments[2]))
    while services.change_feed.check_seconds != CONNECTED_SECONDS:
        time.sleep(0.01)
    client.get(url)
    queries.clear()
    responses = [client.get(url, headers={"If-None-Match": tag}) for tag in ["", etag] * 10]
    assert {response.status_code for response in responses} == {200, 304}
    reads = [query for query in queries if "FROM jobs" in query]
    assert len(reads) <= 1  # after the publish of the pause, which may have arrived late


def test_a_change_is_seen_by_the_next_poll(client: TestClient, dataset: dict[str, Any]) -> None:
    url = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()["links"]["self"]
    for action, state in [("pause", "paused"), ("resume", "queued"), ("pause", "paused"), ("cancel", "canceled")]:
        assert client.get(url).json()["state"] != state
        client.post(f"{url}/{action}")
        assert client.get(url).json()["state"] == state
    client.delete(url)
    assert client.get(url).status_code == 404
