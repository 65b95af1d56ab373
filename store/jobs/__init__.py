"""Jobs in the database: actions of owners, claims and leases of workers, events, metrics, checkpoints, the queue."""
