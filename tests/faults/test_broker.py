"""Proofs 5, 6, 7 and 9: the broker loses messages, is down, rejects writes or does not respond."""

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

MAX_QUEUED = 90  # below the limit of a project


@pytest.mark.proof(5, "FLUSHALL while jobs run", "all jobs succeed")
def test_emptying_the_broker_again_and_again_loses_no_job(service: ServiceUnderTest, note: Note, size: Size) -> None:
    service.reference_hash(20)
    urls, flushes = [], 0
    for number in range(size(12, 100)):
        urls.append(service.submit_job(20))
        if number % 3 == 0:
            service.broker.flush()
            flushes += 1
    jobs = service.wait_for_all(urls)
    service.assert_same_as_reference(jobs, 20)
    note(f"{len(jobs)} jobs, {flushes} flushes, all succeeded")


@pytest.mark.proof(6, "broker down", "POST gives 201, p99 <= 500 ms; all jobs succeed later; no worker restarts")
def test_jobs_are_accepted_while_the_broker_is_down_and_run_later(
    service: ServiceUnderTest, note: Note, size: Size
) -> None:
    service.reference_hash(20)
    before = service.parts["worker"].pid
    service.broker.stop()
    urls, took, end = [], [], time.monotonic() + size(4, 60)
    while time.monotonic() < end:
        if len(urls) < MAX_QUEUED:
            url, seconds = service.submit_timed(20)
            urls.append(url)
            took.append(seconds)
        time.sleep(size(100, 600) / 1000)
    assert service.client.get("/readyz").status_code == 503
    service.broker.start()
    back = time.monotonic()
    jobs = service.wait_for_all(urls, 120)
    seconds = time.monotonic() - back
    service.assert_same_as_reference(jobs, 20)
    assert service.parts["worker"].pid == before
    assert service.parts["worker"].poll() is None
    slowest = sorted(took)[int(len(took) * 0.99)]
    assert slowest <= 0.5
    note(f"{len(urls)} x 201, p99 {slowest * 1000:.0f} ms; all succeeded {seconds:.1f} s after its return")


@pytest.mark.proof(6, "broker rejects writes", "no worker restarts; all jobs succeed later")
@pytest.mark.parametrize("setting", ["min-replicas-to-write", "maxmemory"])
def test_workers_keep_running_while_the_broker_rejects_writes(
    service: ServiceUnderTest, note: Note, size: Size, setting: str
) -> None:
    service.reference_hash(20)
    before = service.parts["worker"].pid
    with redis.Redis.from_url(service.broker.url) as broker:
        broker.config_set(setting, 1)
        try:
            urls = [service.submit_job(20)]
            time.sleep(size(6, 60))
            answer = service.client.get("/readyz")
        finally:
            broker.config_set(setting, 0)
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"].startswith("the broker rejects writes: ")
    back = time.monotonic()
    jobs = service.wait_for_all(urls, 60)
    seconds = time.monotonic() - back
    service.assert_same_as_reference(jobs, 20)
    assert service.parts["worker"].pid == before
    assert service.parts["worker"].poll() is None
    note(f"{setting}: succeeded {seconds:.1f} s later")


@pytest.fixture
def proxy(broker: RedisServer) -> Iterator[Proxy]:
    """A proxy before the broker that can drop bytes."""
    proxy = Proxy(broker.url)
    yield proxy
    proxy.close()


@pytest.mark.proof(7, "notifying through a broker that does not respond", "gives up within 6 s")
@pytest.mark.parametrize("connected", [True, False], ids=["half open", "no response"])
def test_sending_to_a_broker_that_does_not_respond_gives_up(proxy: Proxy, note: Note, connected: bool) -> None:  # noqa: FBT001
    app = celery_app(proxy.url)
    if connected:
        send_notifications(app)
    proxy.drop(new=True)
    began = time.monotonic()
    with pytest.raises((OperationalError, RedisError, OSError)):
        send_notifications(app)
    seconds = time.monotonic() - began
    note(f"{'half open' if connected else 'no response'}: {seconds:.1f} s")
    assert seconds <= 6


@pytest.mark.proof(7, "half-open connections of a worker", "the worker restarts; its job succeeds")
@pytest.mark.parametrize("down_seconds", [0, pytest.param(8, marks=pytest.mark.long)])
def test_a_disconnected_worker_restarts_by_itself(
    service: ServiceUnderTest, proxy: Proxy, note: Note, down_seconds: int
) -> None:
    service.reference_hash(20)
    service.stop_part("worker")
    service.start_part("worker", BACKPROP_REDIS_URL=proxy.url, BACKPROP_NOTIFICATION_TIMEOUT_SECONDS="3")
    service.wait(lambda: len(service.training_processes()) == 2)
    service.assert_same_as_reference(service.wait_for_all([service.submit_job(20)]), 20)
    disconnected = service.parts["worker"]
    proxy.drop(new=down_seconds > 0)
    url = service.submit_job(20)
    time.sleep(down_seconds)
    assert disconnected.poll() is None, "the worker restarted although the broker does not respond"
    proxy.drop(new=False)
    began = time.monotonic()
    jobs = service.wait_for_all([url])  # starts parts that ended
    seconds = time.monotonic() - began
    service.assert_same_as_reference(jobs, 20)
    assert disconnected.poll() is not None or down_seconds, "the only worker did not restart"
    assert seconds < 30
    how = "restarted" if disconnected.poll() is not None else "reconnected"
    note(f"no broker for {down_seconds} s, then {how}; job succeeded after {seconds:.1f} s")


@pytest.mark.proof(9, "slow commit", "the notification follows the commit")
def test_a_job_starts_by_its_own_notification_after_a_slow_commit(service: ServiceUnderTest, note: Note) -> None:
    service.reference_hash(20)
    service.stop_part("scheduler")  # which would notify the workers later
    service.arm("api", "answer.before_commit", "pause")
    with ThreadPoolExecutor() as pool:
        submitted = pool.submit(service.submit_job, 20)
        service.wait(lambda: service.has_fired("api", ["answer.before_commit"]))
        time.sleep(0.3)  # enough for an idle worker to react to a notification
        service.release("api", "answer.before_commit")
        (job,) = service.wait_for_all([submitted.result()], 15)
    service.start_part("scheduler")
    service.assert_same_as_reference([job], 20)
    note("started without the scheduler")
