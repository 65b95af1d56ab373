"""The webhooks of projects: create, read, change, rotate the secret, delete."""

from typing import Any

from sqlalchemy import delete, func, select, update

from store.clock import now
from store.db.pages import Page, page
from store.db.transaction import Lock, Tx
from store.errors import NotFound, WebhookDisabled
from store.ids import ProjectId, WebhookId, is_id
from store.tables import Webhook


def create(tx: Tx, project: ProjectId, webhook_id: WebhookId, **columns: Any) -> Webhook:
    """Insert an enabled webhook."""
    webhook = Webhook(id=webhook_id, project_id=project, **columns)
    tx.add(webhook)
    tx.flush()
    return webhook


def count(tx: Tx, project: ProjectId) -> int:
    """How many webhooks the project has."""
    return tx.scalar(select(func.count()).select_from(Webhook).where(Webhook.project_id == project)) or 0


def get(tx: Tx, project: ProjectId, webhook_id: str, lock: Lock | None = None) -> Webhook:
    """The project's webhook. With an exclusive lock, nobody can change it until the transaction ends."""
    query = select(Webhook).where(Webhook.id == webhook_id, Webhook.project_id == project)
    if lock is not None:
        query = query.with_for_update(read=lock == "shared", key_share=True)
    webhook = tx.scalar(query) if is_id(webhook_id) else None
    if webhook is None:
        raise NotFound(f"Webhook {webhook_id} not found.")
    return webhook


def get_enabled(tx: Tx, project: ProjectId, webhook_id: str) -> Webhook:
    """The project's webhook, which must be enabled."""
    webhook = get(tx, project, webhook_id, lock="shared")
    if not webhook.enabled:
        raise WebhookDisabled(f"Webhook {webhook_id} is disabled. Set enabled to true first.")
    return webhook


def page_of(tx: Tx, project: ProjectId, cursor: str | None, limit: int) -> Page[Webhook]:
    """The project's webhooks, newest first."""
    return page(tx, select(Webhook).where(Webhook.project_id == project), Webhook.id, cursor, limit)


def change(tx: Tx, project: ProjectId, webhook_id: str, **columns: Any) -> Webhook:
    """Change columns of the project's webhook, and raise its version."""
    changed = (
        update(Webhook)
        .where(Webhook.id == webhook_id, Webhook.project_id == project)
        .values(version=Webhook.version + 1, updated_at=now(), **columns)
        .returning(Webhook)
        .execution_options(populate_existing=True)
    )
    webhook: Webhook | None = tx.scalar(changed) if is_id(webhook_id) else None
    if webhook is None:
        raise NotFound(f"Webhook {webhook_id} not found.")
    return webhook


def rotate(tx: Tx, project: ProjectId, webhook_id: str, secret: str, overlap_seconds: int) -> Webhook:
    """Give the webhook a new secret. The one before it remains valid for `overlap_seconds`."""
    overlap = {"previous_secret": Webhook.secret, "previous_until": now() + 1000 * overlap_seconds}
    kept: dict[str, Any] = overlap if overlap_seconds else {"previous_secret": None, "previous_until": None}
    return change(tx, project, webhook_id, secret=secret, **kept)


def current_time(tx: Tx) -> int:
    """The time by the database's clock."""
    return tx.scalar(select(now())) or 0


def remove(tx: Tx, webhook_id: str) -> None:
    """Delete a webhook with its secrets and all its deliveries."""
    tx.execute(delete(Webhook).where(Webhook.id == webhook_id))
