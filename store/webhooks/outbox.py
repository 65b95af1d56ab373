"""Events for webhooks, written in the transaction of the change that they report.

One row per webhook is written. After the commit, whoever delivers is notified; a lost notification only delays.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from store.clock import rfc3339
from store.db.transaction import Tx, call_observer
from store.ids import new_id
from store.tables import Job, Webhook, WebhookDelivery
from store.webhooks.event_types import ALL_EVENTS, JOB_STATES

ON_DELIVERY = "on_delivery"  # the key in `Sessions.info` of a function that is called after a delivery was queued


def add(  # noqa: PLR0913, PLR0917 - an event
    tx: Tx, project: str, kind: str, data: dict[str, Any], at: int, traceparent: str | None = None
) -> None:
    """Queue a delivery of the event, which happened `at` that time, to each webhook of the project that wants it."""
    query = select(Webhook.id, Webhook.events).where(Webhook.project_id == project, Webhook.enabled)
    # The lock makes a deletion of the webhook wait for this transaction, which would fail otherwise.
    rows = tx.execute(query.with_for_update(read=True, key_share=True)).all()
    if webhook_ids := [row.id for row in rows if kind in row.events or ALL_EVENTS in row.events]:
        queue(tx, webhook_ids, kind, data, at, traceparent)


def queue(  # noqa: PLR0913, PLR0917 - an event
    tx: Tx, webhook_ids: Sequence[str], kind: str, data: dict[str, Any], at: int, traceparent: str | None = None
) -> list[str]:
    """Queue a delivery of the event to these webhooks; return the ids of the deliveries."""
    body = json.dumps({"type": kind, "timestamp": rfc3339(at), "data": data}, separators=(",", ":"))
    event = {"event_id": new_id("evt"), "type": kind, "body": body, "traceparent": traceparent}
    ids = [new_id("dlv") for _ in webhook_ids]
    rows = [{"id": each, "webhook_id": webhook_id, **event} for each, webhook_id in zip(ids, webhook_ids, strict=True)]
    tx.execute(insert(WebhookDelivery), rows)
    call_observer(tx, ON_DELIVERY)
    return ids


def add_job_event(tx: Tx, job: Job) -> None:
    """Queue the event of a job or a batch that entered its state. Queued jobs have no event."""
    if job.kind == "batch":
        _add_batch_event(tx, job)
    elif job.state in JOB_STATES:
        _add_state(tx, job)


def _add_state(tx: Tx, job: Job) -> None:
    path = f"/v1/jobs/{job.id}"
    model = f"/v1/models/{job.model_id}" if job.model_id else None
    data = {
        "id": job.id,
        "state": job.state,
        "attempt": job.attempt,
        "stop_reason": job.stop_reason,
        "error_code": job.error["code"] if job.error else None,
        "model_id": job.model_id,
        "links": {"self": path, "model": model},
    }
    add(tx, job.project_id, f"job.{job.state}", data, job.updated_at, job.traceparent)


def _add_batch_event(tx: Tx, batch: Job) -> None:
    if batch.finished_at is None:
        return
    path = f"/v1/batches/{batch.id}"
    data = {
        "id": batch.id,
        "state": batch.state,
        "error_code": batch.error["code"] if batch.error else None,
        "links": {"self": path, "content": f"{path}/content" if batch.state == "succeeded" else None},
    }
    add(tx, batch.project_id, "batch.finished", data, batch.updated_at, batch.traceparent)
