"""Delete audit entries that are older than the retention of the audit log."""

from store.accounts import audit
from store.db.transaction import transaction
from worker.maintenance.duty import TEN_MINUTES, Duty


class OldAuditEntries(Duty):
    """Delete what `BACKPROP_AUDIT_DAYS` no longer keeps."""

    every_seconds = TEN_MINUTES
    limit = 10_000  # rows

    def run(self) -> None:
        """Delete the next entries."""
        if days := self.settings.audit_days:
            with transaction(self.sessions, "old_audit_entries") as tx:
                audit.delete_older(tx, days, self.limit)
