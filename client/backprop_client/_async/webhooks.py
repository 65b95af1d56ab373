"""Webhooks: which events the service sends where."""

from typing import Unpack

from backprop_client._async.pages import AsyncPages
from backprop_client._async.transport import AsyncTransport
from backprop_client.requests import path_of, without_none
from backprop_client.specs.requests import WebhookChange, WebhookRequest
from backprop_client.types.webhooks import Delivery, Webhook, WebhookWithSecret


class AsyncWebhooks:
    """The webhooks of the project: `client.webhooks`. Receivers check messages with `verify_webhook`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, **request: Unpack[WebhookRequest]) -> WebhookWithSecret:
        """Create a webhook, and return it with its secret, which is not shown again."""
        return WebhookWithSecret(await self._transport.create(path_of("webhooks"), request))

    def list(self, *, page_size: int | None = None) -> AsyncPages[Webhook]:
        """Iterate over the webhooks."""
        return AsyncPages(self._transport, path_of("webhooks"), {"limit": page_size}, Webhook)

    async def get(self, webhook_id: str) -> Webhook:
        """Return a webhook."""
        return Webhook(await self._transport.get(path_of("webhooks", webhook_id)))

    async def update(self, webhook_id: str, **changes: Unpack[WebhookChange]) -> Webhook:
        """Change some fields of a webhook, and return it."""
        return Webhook((await self._transport.change("PATCH", path_of("webhooks", webhook_id), changes)).json())

    async def rotate(self, webhook_id: str, *, overlap_seconds: int | None = None) -> WebhookWithSecret:
        """Give a webhook a new secret, and return it. Until the overlap ends, both secrets sign."""
        body = without_none({"overlap_seconds": overlap_seconds})
        return WebhookWithSecret(await self._transport.create(path_of("webhooks", webhook_id, "rotate"), body))

    async def test(self, webhook_id: str) -> Delivery:
        """Send a test event, and return its delivery."""
        return Delivery(await self._transport.create(path_of("webhooks", webhook_id, "test")))

    def deliveries(
        self, webhook_id: str, *, state: str | None = None, page_size: int | None = None
    ) -> AsyncPages[Delivery]:
        """Iterate over the deliveries of a webhook, newest first."""
        path = path_of("webhooks", webhook_id, "deliveries")
        return AsyncPages(self._transport, path, {"state": state, "limit": page_size}, Delivery)

    async def delivery(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Return a delivery."""
        return Delivery(await self._transport.get(path_of("webhooks", webhook_id, "deliveries", delivery_id)))

    async def replay(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Deliver an event again, and return the delivery."""
        path = path_of("webhooks", webhook_id, "deliveries", delivery_id, "replay")
        return Delivery(await self._transport.create(path))

    async def delete(self, webhook_id: str) -> None:
        """Delete a webhook with its deliveries."""
        await self._transport.delete(path_of("webhooks", webhook_id))
