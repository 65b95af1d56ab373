"""The notifier: messages for workers, changes for channels, and a broker that is down."""

import time

import pytest
import redis

from messaging.celery_app import QUEUE, celery_app, send_notifications
from messaging.channels import ACTION_REQUESTED, JOB_CHANGED, channel
from messaging.notifier import MAX_PENDING, MAX_UNREAD, Notifier

NOWHERE = "redis://127.0.0.1:1/0"


def test_notifications_reach_the_queue(broker_url: str) -> None:
    notifier = Notifier(celery_app(broker_url), broker_url)
    notifier.notify_workers(3)
    notifier.close()
    with redis.Redis.from_url(broker_url) as broker:
        assert broker.llen(QUEUE) == 3


def test_unread_notifications_do_not_pile_up(broker_url: str) -> None:
    notifier = Notifier(celery_app(broker_url), broker_url)
    with redis.Redis.from_url(broker_url) as broker:
        notifier._send(MAX_UNREAD)
        notifier._send(50)
        full = broker.llen(QUEUE)
        broker.ltrim(QUEUE, 0, MAX_UNREAD - 31)  # workers take 30
        notifier._send(50)
        assert (full, broker.llen(QUEUE)) == (MAX_UNREAD, MAX_UNREAD)
    notifier.close()


def test_equal_changes_are_published_once(broker_url: str) -> None:
    with redis.Redis.from_url(broker_url) as broker, broker.pubsub() as pubsub:
        pubsub.psubscribe(channel("*"))
        pubsub.get_message(timeout=5)
        notifier = Notifier(celery_app(broker_url), broker_url)
        with notifier._pending:  # the thread takes all of them at once
            for what in (JOB_CHANGED, JOB_CHANGED, ACTION_REQUESTED):
                notifier._published.add((channel("job_1"), what))
            notifier._pending.notify()
        notifier.close()
        messages = [pubsub.get_message(timeout=5) for _ in range(2)]
        assert {(m["channel"], m["data"]) for m in messages if m} == {
            (b"backprop:job_1", JOB_CHANGED),
            (b"backprop:job_1", ACTION_REQUESTED),
        }
        assert pubsub.get_message(timeout=0.1) is None


def test_broker_that_is_down_delays_no_caller(caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier(celery_app(NOWHERE), NOWHERE)
    began = time.monotonic()
    notifier.notify_workers(10 * MAX_PENDING)
    notifier.publish_change("job_1")
    assert time.monotonic() - began < 0.5
    while not caplog.records and time.monotonic() - began < 20:
        time.sleep(0.05)
    notifier.close()
    assert "The broker cannot be reached" in caplog.text


def test_messages_carry_no_data(valkey_url: str) -> None:
    send_notifications(celery_app(valkey_url))
    with redis.Redis.from_url(valkey_url) as broker:
        (message,) = broker.lrange(QUEUE, 0, -1)
    assert b"backprop.run_queued_jobs" in message
    assert b"job_" not in message
