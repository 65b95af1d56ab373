"""Deliveries are written with the change that they report, and each is taken by one process at a time."""

from typing import Any

from sqlalchemy import text, update

from store.clock import now
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, ProjectId, WebhookId, new_id
from store.jobs import jobs
from store.tables import Webhook, WebhookDelivery
from store.webhooks import attempts, deliveries, outbox, webhooks
from store.webhooks.attempts import AttemptResult, DueDelivery
from tests.support.store import claim_job, query_plan, queue_job

OK = AttemptResult(is_success=True, status=204)


def create(sessions: Sessions, host: str = "a.example.com", **columns: Any) -> str:
    """Insert a webhook; return its id."""
    values = {"url": f"https://{host}/", "description": "", "events": ["*"], "secret": "sealed", "metadata_": {}}
    with transaction(sessions) as tx:
        project = columns.pop("project", DEFAULT_PROJECT)
        return webhooks.create(tx, project, WebhookId(new_id("whk")), host=host, **{**values, **columns}).id


def take(sessions: Sessions, free: int = 10, per_host: int = 4, **in_flight: int) -> list[DueDelivery]:
    with transaction(sessions) as tx:
        return attempts.take_due(tx, free, in_flight, per_host, lease_seconds=30)


def cause_events(sessions: Sessions, count: int) -> None:
    with transaction(sessions) as tx:
        for _ in range(count):
            outbox.add(tx, DEFAULT_PROJECT, "job.failed", {"id": "job_1"}, at=0)


def test_a_delivery_is_committed_with_its_change_or_not_at_all(sessions: Sessions, other_project: ProjectId) -> None:
    wanted = [create(sessions), create(sessions, events=["job.canceled", "job.running"])]
    for columns in ({"events": ["job.failed"]}, {"enabled": False}, {"project": other_project}):
        create(sessions, **columns)
    job = queue_job(sessions)
    with sessions() as session, session.begin() as undone:
        jobs.cancel(session, DEFAULT_PROJECT, job.id)
        undone.rollback()
    assert take(sessions) == []
    claim_job(sessions)
    assert sorted(each.webhook_id for each in take(sessions)) == sorted(wanted)


def test_a_taken_delivery_is_taken_again_only_after_its_lease(sessions: Sessions) -> None:
    create(sessions)
    cause_events(sessions, 1)
    (first,) = take(sessions)
    assert take(sessions) == []
    with transaction(sessions) as tx:
        tx.execute(update(WebhookDelivery).values(next_at=now() - 1))
    (second,) = take(sessions)
    assert (second.id, second.attempt, second.fence) == (first.id, 2, first.fence + 1)
    with transaction(sessions) as tx:
        assert not attempts.succeeded(tx, first, OK)
        assert attempts.succeeded(tx, second, OK)
    assert take(sessions) == []


def test_each_host_gets_its_share_and_a_failing_one_gets_one(sessions: Sessions) -> None:
    first, failing = create(sessions), create(sessions, host="b.example.com", failing_since=1)
    cause_events(sessions, 6)
    taken = [each.webhook_id for each in take(sessions)]
    assert (taken.count(first), taken.count(failing)) == (4, 1)
    assert take(sessions, **{"a.example.com": 4, "b.example.com": 1}) == []
    assert len(take(sessions, free=1)) == 1


def test_failures_disable_a_webhook_that_is_gone_and_keep_what_is_pending(sessions: Sessions) -> None:
    webhook_id = create(sessions)
    cause_events(sessions, 2)
    gone, kept = take(sessions)
    with transaction(sessions) as tx:
        assert attempts.failed(tx, kept, AttemptResult(status=500), retry_seconds=-1) is None
        assert attempts.failed(tx, gone, AttemptResult(is_gone=True, status=410), retry_seconds=5) == "gone"
    assert take(sessions) == []
    with transaction(sessions) as tx:
        assert attempts.seconds_until_due(tx) is None
        webhooks.change(tx, DEFAULT_PROJECT, webhook_id, enabled=True)
        assert (attempts.seconds_until_due(tx) or 0) < 0
    assert [each.id for each in take(sessions)] == [kept.id]


def test_due_deliveries_are_found_by_an_index_and_old_ones_are_deleted(sessions: Sessions) -> None:
    create(sessions)
    cause_events(sessions, 3)
    with transaction(sessions) as tx:
        plan = query_plan(tx, attempts.due_query(["a"], 5))
        assert "ix_webhook_deliveries_due" in plan
        deliveries.delete_old(tx, keep_seconds=60, limit=10)
        assert deliveries.count_pending(tx, 10) == 3
        deliveries.delete_old(tx, keep_seconds=-60, limit=2)
        assert deliveries.count_pending(tx, 10) == 1


def test_deleting_a_webhook_deletes_its_deliveries(sessions: Sessions) -> None:
    webhook_id = create(sessions)
    cause_events(sessions, 2)
    with transaction(sessions) as tx:
        webhooks.remove(tx, webhook_id)
    with snapshot(sessions) as tx:
        assert tx.scalar(text("SELECT count(*) FROM webhook_deliveries")) == 0
        assert tx.query(Webhook).all() == []
