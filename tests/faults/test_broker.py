"""Proofs 5, 6 and 7: the broker forgets, is away, or takes bytes and never answers."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from messaging.celery_app import celery_app, send_notifications
from tests.support.proof_summary import Note, Size
from tests.support.proxy import Proxy
from tests.support.servers import RedisServer
from tests.support.service_under_test import ServiceUnderTest

MAX_QUEUED = 90  # by one project at a time


@pytest.mark.proof(5, "FLUSHALL during many jobs", "all done")
def test_a_broker_that_is_emptied_again_and_again_loses_no_job(
    service: ServiceUnderTest, note: Note, size: Size
) -> None:
    service.undisturbed(20)
    urls, flushes = [], 0
    for number in range(size(12, 100)):
        urls.append(service.queue(20))
        if number % 3 == 0:
            service.broker.flush()
            flushes += 1
    jobs = service.all_end(urls)
    service.expect_undisturbed(jobs, 20)
    note(f"{len(jobs)} jobs, {flushes} flushes, all done")


@pytest.mark.proof(6, "broker down", "POST 201, p99 <= 500 ms; all done after, no worker restarted")
def test_while_the_broker_is_away_jobs_are_taken_in_and_done_after_its_return(
    service: ServiceUnderTest, note: Note, size: Size
) -> None:
    service.undisturbed(20)
    before = service.parts["worker"].pid
    service.broker.stop()
    urls, took, end = [], [], time.monotonic() + size(4, 60)
    while time.monotonic() < end:
        if len(urls) < MAX_QUEUED:
            url, seconds = service.post_job(20)
            urls.append(url)
            took.append(seconds)
        time.sleep(size(100, 600) / 1000)
    assert service.client.get("/readyz").status_code == 503
    service.broker.start()
    back = time.monotonic()
    jobs = service.all_end(urls, 120)
    seconds = time.monotonic() - back
    service.expect_undisturbed(jobs, 20)
    assert service.parts["worker"].pid == before
    assert service.parts["worker"].poll() is None
    slowest = sorted(took)[int(len(took) * 0.99)]
    assert slowest <= 0.5
    note(f"{len(urls)} x 201, p99 {slowest * 1000:.0f} ms; all done {seconds:.1f} s after its return")


@pytest.mark.proof(6, "broker refuses writes", "no worker ends; all done after")
@pytest.mark.parametrize("setting", ["min-replicas-to-write", "maxmemory"])
def test_while_the_broker_refuses_writes_workers_stay_and_the_service_says_that_it_is_not_ready(
    service: ServiceUnderTest, note: Note, size: Size, setting: str
) -> None:
    service.undisturbed(20)
    before = service.parts["worker"].pid
    with redis.Redis.from_url(service.broker.url) as broker:
        broker.config_set(setting, 1)
        try:
            urls = [service.queue(20)]
            time.sleep(size(6, 60))
            answer = service.client.get("/readyz")
        finally:
            broker.config_set(setting, 0)
    assert (answer.status_code, "the broker rejects writes") == (503, answer.json()["checks"]["broker"])
    back = time.monotonic()
    jobs = service.all_end(urls, 60)
    seconds = time.monotonic() - back
    service.expect_undisturbed(jobs, 20)
    assert service.parts["worker"].pid == before
    assert service.parts["worker"].poll() is None
    note(f"{setting}: done {seconds:.1f} s after")


@pytest.fixture
def proxy(broker: RedisServer) -> Iterator[Proxy]:
    """A way to the broker that can swallow bytes."""
    proxy = Proxy(broker.url)
    yield proxy
    proxy.close()


@pytest.mark.proof(7, "publishing into a broker that swallows bytes", "gives up <= 6 s")
@pytest.mark.parametrize("connected", [True, False], ids=["half open", "never answering"])
def test_ringing_at_a_broker_that_swallows_bytes_gives_up(proxy: Proxy, note: Note, connected: bool) -> None:  # noqa: FBT001
    app = celery_app(proxy.url)
    if connected:
        send_notifications(app)
    proxy.swallow(new=True)
    began = time.monotonic()
    with pytest.raises((OperationalError, RedisError, OSError)):
        send_notifications(app)
    seconds = time.monotonic() - began
    note(f"{'half open' if connected else 'never answering'}: {seconds:.1f} s")
    assert seconds <= 6


@pytest.mark.proof(7, "worker whose connections went half open", "begins anew once that helps; its job is done")
@pytest.mark.parametrize("away", [0, pytest.param(8, marks=pytest.mark.long)])
def test_a_worker_that_became_deaf_begins_anew_by_itself(
    service: ServiceUnderTest, proxy: Proxy, note: Note, away: int
) -> None:
    service.undisturbed(20)
    service.stop("worker")
    service.begin("worker", BACKPROP_REDIS_URL=proxy.url, BACKPROP_NOTIFICATION_TIMEOUT_SECONDS="3")
    service.wait(lambda: len(service.trainers()) == 2)
    service.expect_undisturbed(service.all_end([service.queue(20)]), 20)
    deaf = service.parts["worker"]
    proxy.swallow(new=away > 0)
    url = service.queue(20)
    time.sleep(away)
    assert deaf.poll() is None, "it began anew although no broker answers"
    proxy.swallow(new=False)
    began = time.monotonic()
    jobs = service.all_end([url])  # a worker that ends is started again
    seconds = time.monotonic() - began
    service.expect_undisturbed(jobs, 20)
    assert deaf.poll() is not None or away, "it is the only worker, and did not begin anew"
    assert seconds < 30
    how = "began anew" if deaf.poll() is not None else "heard again"
    note(f"no way for {away} s, then {how}, job done after {seconds:.1f} s")


@pytest.mark.proof(9, "bell and commit", "the bell follows the commit")
def test_a_job_starts_by_its_bell_alone_however_long_its_commit_takes(service: ServiceUnderTest, note: Note) -> None:
    service.undisturbed(20)
    service.stop("scheduler")  # nobody rings again
    service.arm("api", "answer.before_commit", "pause")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(service.queue, 20)
        service.wait(lambda: service.happened("api", ["answer.before_commit"]))
        time.sleep(0.3)  # an idle worker answers a bell within this
        service.release("api", "answer.before_commit")
        (job,) = service.all_end([asked.result()], 15)
    service.begin("scheduler")
    service.expect_undisturbed([job], 20)
    note("started without the scheduler")
