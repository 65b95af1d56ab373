"""What belongs to projects besides jobs and artifacts: keys, idempotency records, the audit log, usage."""
