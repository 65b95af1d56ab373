"""Deliveries of events to webhooks, as their owners see them: list, read, replay, delete old ones."""

from sqlalchemy import delete, func, select, update

from store.clock import now
from store.db.pages import Page, page
from store.db.transaction import Tx, call_observer
from store.errors import NotFound
from store.ids import first_id, is_id
from store.tables import WebhookDelivery
from store.webhooks.outbox import ON_DELIVERY

STATES = ("pending", "delivered", "failed")


def get(tx: Tx, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    """A delivery to the webhook."""
    query = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook_id)
    delivery = tx.scalar(query) if is_id(delivery_id) else None
    if delivery is None:
        raise NotFound(f"Delivery {delivery_id} not found.")
    return delivery


def page_of(tx: Tx, webhook_id: str, state: str | None, cursor: str | None, limit: int) -> Page[WebhookDelivery]:
    """The deliveries to the webhook, in this state if one is given, newest first."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    return page(tx, query, WebhookDelivery.id, cursor, limit)


def replay(tx: Tx, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    """Send the delivery again at once, with all its retries. An attempt in progress is not counted any more."""
    replayed = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook_id)
        .values(state="pending", attempt=0, fence=WebhookDelivery.fence + 1, next_at=now())
        .returning(WebhookDelivery)
        .execution_options(populate_existing=True)
    )
    delivery: WebhookDelivery | None = tx.scalar(replayed) if is_id(delivery_id) else None
    if delivery is None:
        raise NotFound(f"Delivery {delivery_id} not found.")
    call_observer(tx, ON_DELIVERY)
    return delivery


def count_pending(tx: Tx, at_most: int) -> int:
    """How many deliveries are pending, counted up to `at_most`."""
    pending = select(WebhookDelivery.webhook_id).where(WebhookDelivery.state == "pending").limit(at_most)
    return tx.scalar(select(func.count()).select_from(pending.subquery())) or 0


def delete_old(tx: Tx, keep_seconds: float, limit: int) -> None:
    """Delete at most `limit` deliveries that were queued before that many seconds. Ids sort by time."""
    before = tx.scalar(select(now() - int(keep_seconds * 1000))) or 0
    old = select(WebhookDelivery.id).where(WebhookDelivery.id < first_id("dlv", before)).limit(limit)
    removed = delete(WebhookDelivery).where(WebhookDelivery.id.in_(old))
    tx.execute(removed.execution_options(synchronize_session=False))
