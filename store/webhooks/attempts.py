"""What a deliverer does with due deliveries: take them, and write how each attempt ended.

Taking one moves its due time to the end of a lease, so that another process repeats it if this one dies, and raises its
fence. A result under an older fence changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Update, func, select, update

from store.clock import now
from store.db.transaction import Tx
from store.tables import IS_PENDING, Webhook, WebhookDelivery

DISABLE_AFTER_MILLISECONDS = 3 * 86_400_000  # without one success; the retries of an event take a little longer


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery that this process has taken, with what it needs to send it. Secrets are encrypted."""

    id: str
    fence: int
    attempt: int  # 1 is the first
    webhook_id: str
    url: str
    host: str
    event_id: str
    body: str
    traceparent: str | None
    secrets: tuple[str, ...]  # the current one first


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """How an attempt ended: a response, or an error without one."""

    is_success: bool = False
    is_gone: bool = False  # the target wants no more events
    status: int | None = None
    response: str | None = None
    error: str | None = None
    retry_after: float | None = None  # seconds, as the target asked
    seconds: float = 0.0


def take_due(tx: Tx, free: int, in_flight: Mapping[str, int], per_host: int, lease_seconds: float) -> list[DueDelivery]:
    """Take at most `free` due deliveries: the longest due first, and for each host at most `per_host` in flight.

    A webhook whose last attempt failed gets one attempt at a time, so that dead targets use few connections.
    """
    taken: list[DueDelivery] = []
    counts = dict(in_flight)
    busy_hosts = [host for host, count in counts.items() if count >= per_host]
    for webhook in tx.scalars(due_query(busy_hosts, free)).all():
        most = min(per_host - counts.get(webhook.host, 0), free - len(taken))
        if webhook.failing_since is not None:
            most = min(most, 1 - counts.get(webhook.host, 0))
        if most > 0:
            rows = _take(tx, webhook, most, lease_seconds)
            counts[webhook.host] = counts.get(webhook.host, 0) + len(rows)
            taken += rows
    return taken


def due_query(busy_hosts: list[str], limit: int) -> Select[Webhook]:
    """The webhooks with due deliveries, the longest due first."""
    due_at = _due_at()
    query = select(Webhook).where(Webhook.enabled, due_at <= now(), Webhook.host.not_in(busy_hosts))
    return query.order_by(due_at).limit(limit)


def seconds_until_due(tx: Tx) -> float | None:
    """How long until the next delivery is due; None without pending ones. Negative: one is due already."""
    due_at = select(func.min(_due_at())).where(Webhook.enabled).scalar_subquery()
    seconds = tx.scalar(select((due_at - now()) / 1000.0))
    return None if seconds is None else float(seconds)


def succeeded(tx: Tx, delivery: DueDelivery, result: AttemptResult) -> bool:
    """Write a success; false if the delivery was replayed or taken by another process meanwhile."""
    _update_webhook(tx, delivery, Webhook.failing_since.is_not(None), failing_since=None)
    return _finish(tx, delivery, result, state="delivered", next_at=None)


def failed(tx: Tx, delivery: DueDelivery, result: AttemptResult, retry_seconds: float | None) -> str | None:
    """Write a failure, with when to try again (None: never). Returns why this disabled the webhook, if it did."""
    _update_webhook(tx, delivery, Webhook.failing_since.is_(None), failing_since=now())
    is_retried = retry_seconds is not None and not result.is_gone
    next_at = now() + int(1000 * (retry_seconds or 0)) if is_retried else None
    if not _finish(tx, delivery, result, state="pending" if is_retried else "failed", next_at=next_at):
        return None
    if result.is_gone:
        return "gone" if _disable(tx, delivery, "gone") else None
    is_old = Webhook.failing_since < now() - DISABLE_AFTER_MILLISECONDS
    return "failing" if not is_retried and _disable(tx, delivery, "failing", is_old) else None


def _due_at() -> ColumnElement[int]:
    """When the first pending delivery of a webhook is due."""
    first = select(func.min(WebhookDelivery.next_at)).where(WebhookDelivery.webhook_id == Webhook.id, IS_PENDING)
    return first.correlate(Webhook).scalar_subquery()


def _take(tx: Tx, webhook: Webhook, most: int, lease_seconds: float) -> list[DueDelivery]:
    due = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.webhook_id == webhook.id, IS_PENDING, WebhookDelivery.next_at <= now())
        .order_by(WebhookDelivery.next_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = tx.scalars(due).all()  # not a part of the update: PostgreSQL may run a subquery with a limit more than once
    taken = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(ids))
        .values(
            attempt=WebhookDelivery.attempt + 1,
            fence=WebhookDelivery.fence + 1,
            next_at=now() + int(1000 * lease_seconds),
        )
        .returning(WebhookDelivery)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    secrets = _valid_secrets(tx, webhook)
    return [_due_delivery(row, webhook, secrets) for row in tx.scalars(taken)]


def _valid_secrets(tx: Tx, webhook: Webhook) -> tuple[str, ...]:
    if webhook.previous_secret is None or (tx.scalar(select(now())) or 0) >= (webhook.previous_until or 0):
        return (webhook.secret,)
    return (webhook.secret, webhook.previous_secret)


def _due_delivery(row: WebhookDelivery, webhook: Webhook, secrets: tuple[str, ...]) -> DueDelivery:
    return DueDelivery(
        id=row.id,
        fence=row.fence,
        attempt=row.attempt,
        webhook_id=webhook.id,
        url=webhook.url,
        host=webhook.host,
        event_id=row.event_id,
        body=row.body,
        traceparent=row.traceparent,
        secrets=secrets,
    )


def _finish(tx: Tx, delivery: DueDelivery, result: AttemptResult, **values: object) -> bool:
    """Write a result under the fence with which the delivery was taken."""
    guard = (WebhookDelivery.id == delivery.id, WebhookDelivery.fence == delivery.fence, IS_PENDING)
    finished = (
        update(WebhookDelivery)
        .where(*guard)
        .values(
            attempted_at=now(),
            seconds=round(result.seconds, 3),
            status=result.status,
            response=result.response,
            error=result.error,
            **values,
        )
    )
    return tx.execute(finished.returning(WebhookDelivery.id)).first() is not None


def _update_webhook(tx: Tx, delivery: DueDelivery, *only_if: ColumnElement[bool], **values: object) -> None:
    """Update the webhook before the delivery: a deletion of both locks them in the same order."""
    tx.execute(_changed(delivery, only_if).values(**values))


def _disable(tx: Tx, delivery: DueDelivery, reason: str, *only_if: ColumnElement[bool]) -> bool:
    disabled = _changed(delivery, (Webhook.enabled.is_(True), *only_if)).values(enabled=False, disabled_reason=reason)
    return tx.execute(disabled.returning(Webhook.id)).first() is not None


def _changed(delivery: DueDelivery, only_if: tuple[ColumnElement[bool], ...]) -> Update:
    changed = update(Webhook).where(Webhook.id == delivery.webhook_id, *only_if)
    return changed.values(version=Webhook.version + 1, updated_at=now()).execution_options(synchronize_session=False)
