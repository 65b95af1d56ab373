"""Jobs in the database: queue, claims, leases, events, metrics and checkpoints."""
