"""Webhooks: which events the service sends where."""

# Generated from the same file in _async by client/generator; do not edit.

from typing import Unpack

from backprop_client._sync.pages import Pages
from backprop_client._sync.transport import Transport
from backprop_client.requests import path_of, without_none
from backprop_client.specs.requests import WebhookChange, WebhookRequest
from backprop_client.types.webhooks import Delivery, Webhook, WebhookWithSecret


class Webhooks:
    """The webhooks of the project: `client.webhooks`. Receivers check messages with `verify_webhook`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, **request: Unpack[WebhookRequest]) -> WebhookWithSecret:
        """Create a webhook, and return it with its secret, which is not shown again."""
        return WebhookWithSecret(self._transport.create(path_of("webhooks"), request))

    def list(self, *, page_size: int | None = None) -> Pages[Webhook]:
        """Iterate over the webhooks."""
        return Pages(self._transport, path_of("webhooks"), {"limit": page_size}, Webhook)

    def get(self, webhook_id: str) -> Webhook:
        """Return a webhook."""
        return Webhook(self._transport.get(path_of("webhooks", webhook_id)))

    def update(self, webhook_id: str, **changes: Unpack[WebhookChange]) -> Webhook:
        """Change some fields of a webhook, and return it."""
        return Webhook((self._transport.change("PATCH", path_of("webhooks", webhook_id), changes)).json())

    def rotate(self, webhook_id: str, *, overlap_seconds: int | None = None) -> WebhookWithSecret:
        """Give a webhook a new secret, and return it. Until the overlap ends, both secrets sign."""
        body = without_none({"overlap_seconds": overlap_seconds})
        return WebhookWithSecret(self._transport.create(path_of("webhooks", webhook_id, "rotate"), body))

    def test(self, webhook_id: str) -> Delivery:
        """Send a test event, and return its delivery."""
        return Delivery(self._transport.create(path_of("webhooks", webhook_id, "test")))

    def deliveries(self, webhook_id: str, *, state: str | None = None, page_size: int | None = None) -> Pages[Delivery]:
        """Iterate over the deliveries of a webhook, newest first."""
        path = path_of("webhooks", webhook_id, "deliveries")
        return Pages(self._transport, path, {"state": state, "limit": page_size}, Delivery)

    def delivery(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Return a delivery."""
        return Delivery(self._transport.get(path_of("webhooks", webhook_id, "deliveries", delivery_id)))

    def replay(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Deliver an event again, and return the delivery."""
        path = path_of("webhooks", webhook_id, "deliveries", delivery_id, "replay")
        return Delivery(self._transport.create(path))

    def delete(self, webhook_id: str) -> None:
        """Delete a webhook with its deliveries."""
        self._transport.delete(path_of("webhooks", webhook_id))
