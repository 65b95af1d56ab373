"""What owners do with webhooks: create, change, rotate the secret, test, replay a delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import TooManyWebhooks
from service.limits import ServiceLimits
from service.secret_box import SecretBox
from service.webhooks import signing
from service.webhooks.target_policy import Target
from store.artifacts import usage
from store.db.transaction import Tx
from store.ids import ProjectId, WebhookId, new_id
from store.tables import Webhook, WebhookDelivery
from store.webhooks import deliveries, outbox, webhooks
from store.webhooks.event_types import TEST_EVENT


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookContent:
    """What the owner of a webhook decides."""

    target: Target
    events: Sequence[str]
    description: str
    enabled: bool
    metadata: Mapping[str, str]


def create(
    tx: Tx, limits: ServiceLimits, box: SecretBox, project: ProjectId, content: WebhookContent
) -> tuple[Webhook, str]:
    """Create a webhook; return it with its secret, which is stored encrypted. Raises `TooManyWebhooks`."""
    usage.lock_project(tx, project)
    if webhooks.count(tx, project) >= limits.max_project_webhooks:
        most = limits.max_project_webhooks
        raise TooManyWebhooks(f"This project has reached its limit of {most} webhooks. Delete one first.")
    secret = signing.new_secret()
    webhook_id = WebhookId(new_id("whk"))
    webhook = webhooks.create(
        tx,
        project,
        webhook_id,
        url=content.target.url,
        host=content.target.authority,
        description=content.description,
        events=list(content.events),
        enabled=content.enabled,
        disabled_reason=None if content.enabled else "owner",
        metadata_=dict(content.metadata),
        secret=box.seal(secret),
    )
    return webhook, secret


def update(tx: Tx, project: ProjectId, webhook_id: str, target: Target | None, columns: Mapping[str, Any]) -> Webhook:
    """Change a webhook. Enabling it again ends its time of failure."""
    values = dict(columns)
    if target is not None:
        values |= {"url": target.url, "host": target.authority}
    if "enabled" in values:
        values |= {"disabled_reason": None if values["enabled"] else "owner", "failing_since": None}
    return webhooks.change(tx, project, webhook_id, **values)


def rotate(tx: Tx, box: SecretBox, project: ProjectId, webhook_id: str, overlap_seconds: int) -> tuple[Webhook, str]:
    """Give a webhook a new secret, and return both. Requests are signed with both secrets for `overlap_seconds`."""
    secret = signing.new_secret()
    return webhooks.rotate(tx, project, webhook_id, box.seal(secret), overlap_seconds), secret


def send_test(tx: Tx, project: ProjectId, webhook_id: str) -> WebhookDelivery:
    """Queue a delivery of a test event. Raises `WebhookDisabled`."""
    webhook = webhooks.get_enabled(tx, project, webhook_id)
    data = {"id": webhook.id, "links": {"self": f"/v1/webhooks/{webhook.id}"}}
    (delivery_id,) = outbox.queue(tx, [webhook.id], TEST_EVENT, data, webhooks.current_time(tx))
    return deliveries.get(tx, webhook.id, delivery_id)


def replay(tx: Tx, project: ProjectId, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    """Send a delivery again, under the same `webhook-id`. Raises `WebhookDisabled`."""
    return deliveries.replay(tx, webhooks.get_enabled(tx, project, webhook_id).id, delivery_id)
