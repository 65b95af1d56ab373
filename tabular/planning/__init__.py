"""From a table's profile and a request to a plan: features, targets, layers, losses, training defaults."""
