"""Webhooks are delivered signed, at least once, again after failures, and without waiting for slow targets."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook as Verifier

from service.bootstrap import Services, bootstrap
from service.settings import Settings
from service.webhooks import management
from service.webhooks.management import WebhookContent
from store.clock import now
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT
from store.jobs import jobs
from store.tables import Webhook, WebhookDelivery
from store.webhooks import deliveries, webhooks
from tests.support.store import claim_job, queue_job
from tests.support.webhook_receiver import WebhookReceiver
from tests.support.worker_fixture import wait_until
from worker.webhooks.deliverer import Deliverer


@pytest.fixture
def services(sqlite_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Services]:
    """A service that may deliver to loopback."""
    settings = Settings(
        data=tmp_path,
        database_url=sqlite_url,
        redis_url=valkey_url,
        webhook_allow_networks="127.0.0.0/8",
        webhook_allow_http=True,
        webhook_timeout_seconds=5,
    )
    services = bootstrap(settings)
    yield services
    services.close()


@pytest.fixture
def deliverer(services: Services) -> Iterator[Deliverer]:
    """A running deliverer."""
    deliverer = Deliverer(services)
    deliverer.start()
    yield deliverer
    deliverer.close()


def create(services: Services, url: str, events: tuple[str, ...] = ("*",)) -> tuple[str, str]:
    """Create a webhook; return its id and its secret."""
    content = WebhookContent(
        target=services.target_policy.target(url), events=events, description="", enabled=True, metadata={}
    )
    with transaction(services.sessions) as tx:
        webhook, secret = management.create(tx, services.limits, services.secret_box, DEFAULT_PROJECT, content)
        return webhook.id, secret


def cancel_a_job(services: Services) -> str:
    """Cause the event job.canceled; return the job's id."""
    job = queue_job(services.sessions)
    with transaction(services.sessions) as tx:
        return jobs.cancel(tx, DEFAULT_PROJECT, job.id).id


def make_due(services: Services) -> None:
    """Let all pending deliveries be due now."""
    with transaction(services.sessions) as tx:
        tx.execute(update(WebhookDelivery).where(WebhookDelivery.state == "pending").values(next_at=now() - 1))
    services.notifier.notify_deliverers()


def the_delivery(services: Services, webhook_id: str) -> WebhookDelivery:
    with snapshot(services.sessions) as tx:
        return deliveries.page_of(tx, webhook_id, None, None, 1).rows[0]


def the_webhook(services: Services, webhook_id: str) -> Webhook:
    with snapshot(services.sessions) as tx:
        return webhooks.get(tx, DEFAULT_PROJECT, webhook_id)


@pytest.mark.usefixtures("deliverer")
def test_events_arrive_signed_and_thin(services: Services, webhook_receiver: WebhookReceiver) -> None:
    webhook_id, secret = create(services, webhook_receiver.url, events=("job.canceled",))
    job_id = cancel_a_job(services)
    wait_until(lambda: the_delivery(services, webhook_id).state == "delivered")
    (request,) = webhook_receiver.received
    event = Verifier(secret).verify(request.body, request.headers)
    assert event["type"] == "job.canceled"
    assert event["data"] == {
        "id": job_id,
        "state": "canceled",
        "attempt": 0,
        "stop_reason": None,
        "error_code": None,
        "model_id": None,
        "links": {"self": f"/v1/jobs/{job_id}", "model": None},
    }
    assert request.headers["content-type"] == "application/json"
    assert the_delivery(services, webhook_id).status == 204


@pytest.mark.usefixtures("deliverer")
def test_failures_are_retried_under_one_id_with_both_secrets_while_rotating(
    services: Services, webhook_receiver: WebhookReceiver
) -> None:
    webhook_id, old = create(services, webhook_receiver.url)
    webhook_receiver.answer_next(500, body=b"x" * 3000)
    cancel_a_job(services)
    wait_until(lambda: the_delivery(services, webhook_id).status == 500)
    failed = the_delivery(services, webhook_id)
    assert (failed.state, failed.attempt, failed.response) == ("pending", 1, "x" * 1024)
    assert the_webhook(services, webhook_id).failing_since is not None
    with transaction(services.sessions) as tx:
        _, new = management.rotate(tx, services.secret_box, DEFAULT_PROJECT, webhook_id, overlap_seconds=60)
    make_due(services)
    wait_until(lambda: the_delivery(services, webhook_id).state == "delivered")
    first, second = webhook_receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == failed.event_id
    for secret in (old, new):
        Verifier(secret).verify(second.body, second.headers)
    assert the_webhook(services, webhook_id).failing_since is None


@pytest.mark.usefixtures("deliverer")
def test_gone_disables_the_webhook_and_redirects_are_not_followed(
    services: Services, webhook_receiver: WebhookReceiver
) -> None:
    webhook_id, _ = create(services, webhook_receiver.url)
    webhook_receiver.answer_next(302, {"Location": webhook_receiver.url})
    webhook_receiver.answer_next(410)
    cancel_a_job(services)
    wait_until(lambda: the_delivery(services, webhook_id).status == 302)
    make_due(services)
    wait_until(lambda: not the_webhook(services, webhook_id).enabled)
    assert the_webhook(services, webhook_id).disabled_reason == "gone"
    assert the_delivery(services, webhook_id).state == "failed"
    assert len(webhook_receiver.received) == 2


@pytest.mark.usefixtures("deliverer")
def test_three_days_without_a_success_disable_the_webhook(
    services: Services, webhook_receiver: WebhookReceiver
) -> None:
    webhook_id, _ = create(services, webhook_receiver.url)
    webhook_receiver.answer_next(500)
    with transaction(services.sessions) as tx:
        tx.execute(update(Webhook).values(failing_since=now() - 3 * 86_400_000 - 1))
        management.send_test(tx, DEFAULT_PROJECT, webhook_id)
        tx.execute(update(WebhookDelivery).values(attempt=9))  # of ten
    services.notifier.notify_deliverers()
    wait_until(lambda: not the_webhook(services, webhook_id).enabled)
    assert the_webhook(services, webhook_id).disabled_reason == "failing"
    assert the_delivery(services, webhook_id).next_at is None


@pytest.mark.usefixtures("deliverer")
def test_a_slow_target_delays_no_other_target_and_gets_few_requests(
    services: Services, webhook_receiver: WebhookReceiver, second_receiver: WebhookReceiver
) -> None:
    create(services, webhook_receiver.url)
    quick, _ = create(services, second_receiver.url)
    webhook_receiver.blocked.clear()
    for _ in range(8):
        cancel_a_job(services)
    wait_until(lambda: len(second_receiver.received) == 8)
    assert len(webhook_receiver.received) <= 4
    assert the_webhook(services, quick).failing_since is None


def test_two_processes_deliver_each_event_one_time_and_a_lost_lease_is_repeated(
    services: Services, webhook_receiver: WebhookReceiver
) -> None:
    webhook_id, _ = create(services, webhook_receiver.url)
    both = [Deliverer(services) for _ in range(2)]
    for each in both:
        each.start()
    for _ in range(20):
        cancel_a_job(services)
    wait_until(lambda: len(webhook_receiver.received) >= 20)
    for each in both:
        each.close()
    ids = [request.headers["webhook-id"] for request in webhook_receiver.received]
    assert len(ids) == len(set(ids)) == 20
    with transaction(services.sessions) as tx:  # as a process leaves it that dies after the request
        tx.execute(update(WebhookDelivery).where(WebhookDelivery.event_id == ids[0]).values(state="pending", next_at=1))
    third = Deliverer(services)
    third.start()
    wait_until(lambda: len(webhook_receiver.received) == 21)
    third.close()
    assert webhook_receiver.received[-1].headers["webhook-id"] == ids[0]
    with snapshot(services.sessions) as tx:
        assert deliveries.page_of(tx, webhook_id, "pending", None, 10).rows == []


@pytest.mark.usefixtures("deliverer")
def test_a_running_job_is_announced_and_a_queued_one_is_not(
    services: Services, webhook_receiver: WebhookReceiver
) -> None:
    create(services, webhook_receiver.url)
    queue_job(services.sessions)
    claim_job(services.sessions)
    wait_until(lambda: len(webhook_receiver.received) == 1)
    assert json.loads(webhook_receiver.received[0].body)["type"] == "job.running"
