"""Delete deliveries of webhooks that are older than the operator keeps them."""

from store.db.transaction import transaction
from store.webhooks import deliveries
from worker.maintenance.duty import TEN_MINUTES, Duty

SECONDS_PER_DAY = 86_400


class OldWebhookDeliveries(Duty):
    """Delete the oldest deliveries, also those that waited for a disabled webhook all that time."""

    every_seconds = TEN_MINUTES
    limit = 10_000  # rows

    def run(self) -> None:
        """Delete the next old deliveries."""
        with transaction(self.sessions, "old_webhook_deliveries") as tx:
            deliveries.delete_old(tx, self.settings.webhook_delivery_days * SECONDS_PER_DAY, self.limit)
